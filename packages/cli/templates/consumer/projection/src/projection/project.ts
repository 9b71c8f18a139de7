import { once } from 'node:events';
import { BrewError } from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { createLookup, createReader, type Records } from '@brew/kafka/reader';
import { type Part, type ServiceContext, worker } from '@brew/service';
import { onOrderPlaced } from '../consumers/onOrderPlaced.ts';
import type { Source } from '../consumers/sees.ts';
import { moveBehind, startingPoints } from '../store/offsets.ts';
import { type Sighting, see } from '../store/seen.ts';

const sources = [onOrderPlaced];
const wanted = createLookup(sources.map((source) => [source.type.type, source] as const));
const topics = [...new Set(sources.map(({ type }) => type.topic.name))];

/** How soon to read on after a failure. */
const RETRY_MS = 1_000;

/**
 * Reads the topics on from where the database says. What is made of some records and the offset behind them are one transaction,
 * so that each counts once, whatever is killed, and whenever. Kafka's own offsets are not used: there is no group.
 */
export function project({ client, codec, db, deadLetters, now, log }: ServiceContext): Part {
  const reader = createReader({ client, log });
  let reading: AsyncGenerator<Records, void> | undefined;
  const begun = Promise.withResolvers<void>();

  const projector = worker({
    name: 'projection',
    everyMs: RETRY_MS,
    async run(signal) {
      reading ??= reader.read(await startingPoints(db, reader, topics), { signal });
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
    const found = wantedOf(records);
    await db.transaction(async (tx) => {
      const from = await moveBehind(tx, records);
      const fresh = found.filter(({ record }) => record.offset >= from);
      const sightings = await Promise.all(fresh.map(sightingOf));
      await see(
        tx,
        sightings.filter((sighting) => sighting !== undefined),
      );
    });
  }

  async function sightingOf({ record, source }: Found): Promise<Sighting | undefined> {
    try {
      return source.sightingOf(await codec.decode(record));
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
  source: Source;
}

/** Looks at headers alone; of records that nobody wants nothing is made. */
function wantedOf(records: Records): Found[] {
  const found: Found[] = [];
  while (records.next()) {
    const source = records.headerIn('ce_type', wanted);
    const tombstone = records.valueEnd < records.valueStart;
    if (source && !tombstone) found.push({ record: records.received(), source });
  }
  return found;
}
