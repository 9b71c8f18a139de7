import { setTimeout as delay } from 'node:timers/promises';
import { BrewError, type Event, type Topic } from '@brew/events';
import {
  createCodec,
  createFollower,
  createKafkaClient,
  partitionOf,
  type ReceivedRecord,
  type SteppedOver,
} from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { decodeEvent } from '../decodeEvent.ts';
import { shortened } from '../watch/renderEvent.ts';
import { type Bounds, createEnds, endsOf } from './ends.ts';
import type { Ledger } from './ledger.ts';
import { toSeen } from './seen.ts';

/**
 * A record that can't be taken: nobody knows what it says, or whose it is. Or several, when they can't even be told apart, or could not be
 * fetched.
 */
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
  /**
   * Resolves when all that is there at the moment of the call has been read, or when nothing has come on for 45 s, whatever it is that keeps
   * it: then the rest is unreadable, and only what comes of it is waited for again.
   * @throws the signal's reason, BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  readOn(signal: AbortSignal): Promise<void>;
  /** Whether nothing is left unread of the partitions that an order's events are in. */
  hasRead(orderId: string): boolean;
  /** Whether all before these offsets was read, by partition: `TOPIC/PARTITION`. */
  hasReached(positions: ReadonlyMap<string, number>): boolean;
}

const LOOK_MS = 100;

/**
 * An open transaction, a registry that is away, a partition without a leader: most of that is over by then. Longer than the codec asks a registry that
 * takes questions and answers none, so that it can be named.
 */
const PATIENCE_MS = 45_000;

const WHAT_TO_DO =
  'Look what keeps it back (npx brew status; of transactions docs/records.md tells), and verify again.';

/** So many are kept; the rest is counted. */
const MOST_UNREADABLE = 100_000;

/**
 * Reads topics into a ledger: from the beginning, and then what comes. In a consumer group of its own that commits
 * nothing, so that it disturbs nobody and begins at the beginning each time.
 *
 * @param topics what to read: the topics' names on the cluster, and what they are declared as
 * @param patienceMs how long readOn waits while nothing comes
 * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError; later it waits for what is away
 */
export async function startReading(
  ledger: Ledger,
  topics: ReadonlyMap<string, Topic>,
  { brokers, registryUrl }: Pick<Addresses, 'brokers' | 'registryUrl'>,
  patienceMs: number = PATIENCE_MS,
): Promise<Reading> {
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers, clientId: 'brew-verify', log });
  const codec = createCodec({ registryUrl, log });
  const reader = createReader({ client, log });
  const names = [...topics.keys()];
  const unreadable: UnreadableRecord[] = [];
  let unreadableCount = 0;
  let read = 0;

  const startedAt = Date.now();
  const bounds = await endsOf(reader, names).catch(async (error) => {
    await reader.close();
    throw error;
  });
  const ends = createEnds(bounds, startedAt, (topic, partition) =>
    Number(follower.positionOf(topic, partition)),
  );
  const partitions = Object.groupBy(bounds, ({ topic }) => topic);
  /** What readOn no longer waits for, by partition: up to where, at which offset it stood still, and why. */
  const givenUp = new Map<string, Bounds & { stoodAt: number; problem: string }>();
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
    if (!position.hasBegun && position.earliest > 0) begins(topic, record.timestamp.getTime());
    position.hasBegun = true;
    position.next = offset + 1;
    read++;
  }

  async function lag(): Promise<number> {
    const at = Date.now();
    return ends.look(await endsOf(reader, names), at);
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

  const isGivenUp = (each: Bounds) => givenUp.get(idOf(each))?.stoodAt === ends.nextOf(each);

  function giveUp(each: Bounds): void {
    const { lastError } = follower;
    const why = lastError instanceof Error ? lastError.message : 'Nobody says why.';
    const problem = `could not be read, and nothing came for ${Math.round(patienceMs / 1_000)} s. ${why} ${WHAT_TO_DO}`;
    givenUp.set(idOf(each), { ...each, stoodAt: ends.nextOf(each), problem });
  }

  const unread = () => [...givenUp.values()].filter((each) => ends.left(each) > 0);

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
    get unreadable() {
      const more = unread().map(
        (each): UnreadableRecord => ({
          ...{ topic: each.topic, partition: each.partition, key: null, problem: each.problem },
          ...{ offset: ends.nextOf(each), lastOffset: each.latest - 1 },
        }),
      );
      return more.length > 0 ? [...unreadable, ...more] : unreadable;
    },
    get unreadableCount() {
      return unreadableCount + unread().length;
    },
    get problem() {
      return follower.lastError;
    },
    get completeAt() {
      return ends.completeAt();
    },
    lag,
    async readOn(signal) {
      const goal = await endsOf(reader, names);
      let [fewest, since] = [Number.POSITIVE_INFINITY, 0];
      for (;;) {
        const open = goal.filter((each) => ends.left(each) > 0);
        if (open.every(isGivenUp)) return;
        const left = open.reduce((sum, each) => sum + ends.left(each), 0);
        if (left < fewest) [fewest, since] = [left, performance.now()];
        else if (performance.now() - since > patienceMs) return open.forEach(giveUp);
        await delay(LOOK_MS, undefined, { signal });
      }
    },
    hasRead: (orderId) =>
      unread().every(
        ({ topic, partition }) => partition !== partitionOf(orderId, partitions[topic]?.length ?? 1),
      ),
    hasReached: (positions) =>
      unread().every((each) => ends.nextOf(each) >= (positions.get(idOf(each)) ?? 0)),
    async [Symbol.asyncDispose]() {
      await Promise.all([follower.stop(), reader.close()]);
    },
  };
}

const idOf = ({ topic, partition }: Bounds) => `${topic}/${partition}`;

/** Why an event is where its readers do not find it; undefined: it is where it belongs. Its key was looked at when it was decoded. */
function misplaced(record: ReceivedRecord, { type }: Event, topic: Topic | undefined): string | undefined {
  return type.topic.name === topic?.name ? undefined : `${type.name} does not belong on ${record.topic}.`;
}
