import { once } from 'node:events';
import { BrewError } from '@brew/events';
import { createHolding, MOST_HELD, type ReceivedRecord } from '@brew/kafka';
import { createLookup, createReader, type Records } from '@brew/kafka/reader';
import { createUnknownTypes, type Part, type ServiceContext, type UnknownTypes, worker } from '@brew/service';
import { onOrderPlaced } from '../consumers/onOrderPlaced.ts';
import type { Source } from '../consumers/sees.ts';
import { forget } from '../store/forget.ts';
import { moveBehind, startingPoints } from '../store/offsets.ts';
import { type Sighting, see } from '../store/seen.ts';

const sources = [onOrderPlaced];
const wanted = createLookup(sources.map((source) => [source.type.type, source] as const));
const compacted = new Set(
  sources.flatMap(({ type: { topic } }) =>
    topic.config['cleanup.policy'] === 'compact' ? [topic.name] : [],
  ),
);
const topics = [...new Set(sources.map(({ type }) => type.topic.name))];

/** How soon to read on after a failure. */
const RETRY_MS = 1_000;

/**
 * Reads the topics on from where the database says. What is made of some records and the offset behind them are one transaction,
 * so that each counts once, whatever is killed, and whenever. Kafka's own offsets are not used: there is no group.
 */
export function project(context: ServiceContext): Part {
  const { client, codec, db, deadLetters, now, log } = context;
  const unknownTypes = createUnknownTypes(context);
  const reader = createReader({ client, log });
  let reading: AsyncGenerator<Records, void> | undefined;
  const begun = Promise.withResolvers<void>();

  const projector = worker({
    name: 'projection',
    everyMs: RETRY_MS,
    mayTakeLong: true,
    async run(signal) {
      reading ??= reader.read(await startingPoints(db, reader, topics), {
        signal,
        onUnreadable: (error) => log.error({ err: error }, 'stepped over a batch that nobody can read'),
      });
      begun.resolve();
      try {
        const { value: records } = await reading.next();
        if (records) await take(records);
        return true;
      } catch (error) {
        await reading.return();
        reading = undefined;
        throw error;
      }
    },
  });

  async function take(records: Records): Promise<void> {
    for (let nextOffset = -1n; nextOffset < records.nextOffset; ) {
      const page = nextPage(records, unknownTypes);
      await store(page);
      nextOffset = page.nextOffset;
    }
  }

  async function store({ found, ...page }: Page): Promise<void> {
    await db.transaction(async (tx) => {
      const from = await moveBehind(tx, page);
      const fresh = found.filter(({ record }) => record.offset >= from);
      const sightings = await Promise.all(fresh.map(sightingOf));
      // What was seen of a key before it was taken away is forgotten, what is seen of it later is not.
      const takenAway = new Map<string, bigint>();
      for (const { record } of fresh) {
        if (record.value === null && record.key !== null) takenAway.set(record.key, record.offset);
      }
      await forget(tx, [...takenAway.keys()]);
      await see(
        tx,
        sightings.filter((sighting, index) => {
          const { record } = fresh[index] as Found;
          return sighting !== undefined && record.offset > (takenAway.get(record.key ?? '') ?? -1n);
        }) as Sighting[],
      );
    });
  }

  async function sightingOf({ record, source }: Found): Promise<Sighting | undefined> {
    if (record.value === null) return undefined;
    try {
      const event = await codec.decode(record);
      return source?.sightingOf(event);
    } catch (error) {
      // The registry is away: it is tried again.
      if (error instanceof BrewError && error.retryable) throw error;
      const failedAt = now();
      const failure = { error, attempts: 1, firstFailedAt: failedAt, lastFailedAt: failedAt };
      await deadLetters.park([{ record, failure: { reason: 'failed', ...failure } }]);
      return undefined;
    }
  }

  return {
    ...projector,
    mayComeLater: true,
    async start(signal, log) {
      await projector.start(signal, log);
      await Promise.race([begun.promise, once(signal, 'abort')]);
      signal.throwIfAborted();
    },
    async stop() {
      await projector.stop();
      await reader.close();
    },
  };
}

interface Found {
  record: ReceivedRecord;
  /** None for a tombstone, and for what is no event. */
  source: Source | undefined;
}

/** What one transaction takes. */
interface Page {
  topic: string;
  partition: number;
  found: Found[];
  nextOffset: bigint;
}

/** Looks at headers alone; of records that nobody wants nothing is made. Ends where those that somebody wants keep much in memory. */
function nextPage(records: Records, unknownTypes: UnknownTypes): Page {
  const { topic, partition } = records;
  const found: Found[] = [];
  const holding = createHolding();
  while (records.next()) {
    const source = records.headerIn('ce_type', wanted);
    const isTombstone = records.valueEnd < records.valueStart;
    const type = records.header('ce_type')?.toString();
    // On a compacted topic a tombstone takes its key away; elsewhere it is nothing. What has no type is no event, which decoding tells.
    const isWanted = isTombstone ? compacted.has(records.topic) : source !== undefined || type === undefined;
    if (!isWanted) {
      if (!isTombstone) unknownTypes.note(records.topic, type);
      continue;
    }
    const record = records.received();
    found.push({ record, source: isTombstone ? undefined : source });
    holding.add(record);
    if (holding.bytes >= MOST_HELD) return { topic, partition, found, nextOffset: record.offset + 1n };
  }
  return { topic, partition, found, nextOffset: records.nextOffset };
}
