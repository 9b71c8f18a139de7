import { setTimeout as delay } from 'node:timers/promises';
import { BrewError, type Event, type Topic } from '@brew/events';
import {
  createAdmin,
  createCodec,
  createFollower,
  createKafkaClient,
  type ReceivedRecord,
  type SteppedOver,
} from '@brew/kafka';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { decodeEvent } from '../decodeEvent.ts';
import { shortened } from '../watch/renderEvent.ts';
import { createEnds, endsOf } from './ends.ts';
import type { Ledger } from './ledger.ts';
import { toSeen } from './seen.ts';

/** A record that can't be taken: nobody knows what it says, or whose it is. Or several, when they can't even be told apart. */
export interface UnreadableRecord {
  topic: string;
  partition: number;
  offset: number;
  /** Of several: the last one's. */
  lastOffset?: number;
  key: string | null;
  problem: string;
}

export interface Reading extends AsyncDisposable {
  /** How many records have been read, of how many that were there when it began. */
  readonly read: number;
  readonly total: number;
  /** When it began, in milliseconds. */
  readonly startedAt: number;
  readonly unreadable: readonly UnreadableRecord[];
  /** How many there are in all. */
  readonly unreadableCount: number;
  /** Why nothing comes at the moment, if that is known. */
  readonly problem: unknown;
  /** All that was there at this time, in milliseconds, has been read. Undefined as long as there is no such time. */
  readonly completeAt: number | undefined;
  /** Asks where the topics end now. @returns how many records are still to be read */
  lag(): Promise<number>;
  /** Resolves when all that is there at the moment of the call has been read; rejects when it is aborted. */
  readOn(signal: AbortSignal): Promise<void>;
  /** Resolves when all that was there when it began has been read. */
  whenCaughtUp(): Promise<void>;
}

const LOOK_MS = 100;

/** So many are kept; the rest is counted. */
const MOST_UNREADABLE = 100_000;

/**
 * Reads topics into a ledger: from the beginning, and then what comes. In a consumer group of its own that commits
 * nothing, so that it disturbs nobody and begins at the beginning each time.
 *
 * @param topics what to read: the topics' names on the cluster, and what they are declared as
 * @throws BrokerUnavailableError, TopicMissingError; later it waits for what is away
 */
export async function startReading(
  ledger: Ledger,
  topics: ReadonlyMap<string, Topic>,
  { brokers, registryUrl }: Pick<Addresses, 'brokers' | 'registryUrl'>,
): Promise<Reading> {
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers, clientId: 'brew-verify', log });
  const codec = createCodec({ registryUrl, log });
  const admin = createAdmin({ client, log });
  const names = [...topics.keys()];
  const unreadable: UnreadableRecord[] = [];
  let unreadableCount = 0;
  let read = 0;

  const startedAt = Date.now();
  const bounds = await endsOf(admin, names).catch(async (error) => {
    await admin.close();
    throw error;
  });
  const ends = createEnds(bounds, startedAt);
  // Nothing is left of what these partitions once held: what was before now can't be complete.
  for (const { topic, earliest, latest } of bounds)
    if (earliest > 0 && earliest === latest) begins(topic, startedAt);

  function begins(topic: string, time: number): void {
    ledger.beginsAt(topics.get(topic)?.name ?? topic, time);
  }

  async function take(record: ReceivedRecord): Promise<void> {
    const { topic, partition, key } = record;
    const offset = Number(record.offset);
    const position = ends.positionOf(topic, partition);
    if (offset < position.next) return; // handed on again: a batch in which something was away
    const event = await decodeEvent(codec, record);
    const problem = event instanceof BrewError ? event.message : misplaced(record, event, topics.get(topic));
    if (problem !== undefined) {
      note({ topic, partition, offset, key: key && shortened(key), problem });
    } else if (!(event instanceof BrewError)) ledger.take(event.correlationId, toSeen(record, event));
    if (position.next === position.earliest && offset > 0) begins(topic, record.timestamp.getTime());
    position.next = offset + 1;
    read++;
  }

  async function lag(): Promise<number> {
    const at = Date.now();
    return ends.look(await endsOf(admin, names), at);
  }

  function note(record: UnreadableRecord): void {
    unreadableCount++;
    if (unreadable.length === MOST_UNREADABLE) return;
    unreadable.push({ ...record, problem: shortened(record.problem, 500) });
  }

  function stepOver({ topic, partition, firstOffset, lastOffset, nextOffset, error }: SteppedOver): void {
    const problem = error instanceof Error ? error.message : String(error);
    const offsets = { offset: Number(firstOffset), lastOffset: Number(lastOffset) };
    note({ topic, partition, ...offsets, key: null, problem });
    // Not counted as read, and yet nothing that is still to come.
    ends.positionOf(topic, partition).next = Number(nextOffset);
  }

  const follower = createFollower({
    client,
    name: 'brew-verify',
    topics: names,
    from: 'beginning',
    log,
    async onRecords(records) {
      for (const record of records) await take(record);
    },
    onSteppedOver: stepOver,
  });
  follower.start().catch(() => {}); // it rejects only when it is stopped

  return {
    get read() {
      return read;
    },
    total: bounds.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0),
    startedAt,
    unreadable,
    get unreadableCount() {
      return unreadableCount;
    },
    get problem() {
      return follower.lastError;
    },
    get completeAt() {
      return ends.completeAt();
    },
    lag,
    async readOn(signal) {
      const calledAt = Date.now();
      for (await lag(); (ends.completeAt() ?? 0) < calledAt; await lag()) {
        await delay(LOOK_MS, undefined, { signal });
      }
    },
    whenCaughtUp: () => follower.whenCaughtUp(),
    async [Symbol.asyncDispose]() {
      await Promise.all([follower.stop(), admin.close()]);
    },
  };
}

/** Why an event is where its readers do not find it; undefined: it is where it belongs. Its key was looked at when it was decoded. */
function misplaced(record: ReceivedRecord, { type }: Event, topic: Topic | undefined): string | undefined {
  return type.topic.name === topic?.name ? undefined : `${type.name} does not belong on ${record.topic}.`;
}
