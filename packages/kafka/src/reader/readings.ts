import { BrokerUnavailableError, type UnreadableBatchError } from '../errors.ts';
import type { Fetched } from '../fetched.ts';
import type { Offset, TopicPartition } from '../record.ts';
import type { Leader } from './cluster.ts';

/** Where to read a partition. */
export interface ReadRange extends TopicPartition {
  /** The first offset. */
  from: bigint;
  /** Where it ends, exclusive; left out, reading goes on with what comes. */
  until?: bigint | undefined;
  /** Of which topic these are offsets, see topicIds(): another one of its name has others. Left out, the one that is there when reading begins. */
  topicId?: string | undefined;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  /** Reads these partitions alone: left out, those that their topics are given meanwhile are read, too, from their beginning. */
  only?: boolean | undefined;
  /**
   * Told of each batch that nobody can read, which then is stepped over. Left out, it ends the reading: `next()` of its records throws.
   */
  onUnreadable?: ((error: UnreadableBatchError) => void) | undefined;
  /** Told once, when each partition was answered, be it that there is nothing to read; those that can't be reached at the moment are not waited for. */
  onUnderWay?: (() => void) | undefined;
}

/** How far a partition has been read. */
export interface Reading extends Readonly<TopicPartition> {
  /** Where reading ends, exclusive; undefined: never. */
  readonly until: bigint | undefined;
  /** The one that it has to be; undefined: whichever is there when it is looked for first. */
  topicId: string | undefined;
  /** The offset that is fetched next. */
  position: bigint;
  /** In which term of a leader the records before `position` were written; -1: unknown. */
  leaderEpoch: number;
  /** Behind the last committed record, as a broker said last; undefined when none has yet. */
  end: bigint | undefined;
  /** Fetched and not handed on yet, in order: at most `FETCHED_AHEAD`. */
  waiting: Fetched[];
  /** Who to ask; undefined: has to be found out. */
  leader: Leader | undefined;
  /** How often in a row it could not be fetched. */
  failures: number;
  failingSince: Date | undefined;
  /** Why it can't go on from its position: nothing is asked of it before it is sought elsewhere. */
  failure: { error: unknown } | undefined;
  /** Nobody wants it any more. */
  removed: boolean;
  /** Since when a broker owes an answer, by whatever way it was asked; undefined: there is enough at hand. */
  silentSince: number | undefined;
}

/**
 * Two: while the one is handed on, the next one comes. With one, all would wait for the next chunk of a partition whenever its
 * last one was taken.
 */
export const FETCHED_AHEAD = 2;

export const readingOf = ({ topic, partition, from, until, topicId }: ReadRange): Reading => ({
  topic,
  partition,
  until,
  topicId,
  position: from,
  leaderEpoch: -1,
  end: undefined,
  waiting: [],
  leader: undefined,
  failures: 0,
  failingSince: undefined,
  failure: undefined,
  removed: false,
  silentSince: performance.now(),
});

/** Its leader has to be found anew: the one we knew did not answer, or is not the leader any more. */
export function loseLeader(reading: Reading): void {
  reading.leader = undefined;
  reading.failures++;
  reading.failingSince ??= new Date();
}

/** Leaders change now and then, and it takes some tries: not worth telling anybody before. */
const FAILURES_WORTH_A_WARNING = 4;

export const isUnreachable = (reading: Reading): boolean => reading.failures >= FAILURES_WORTH_A_WARNING;

/** Brokers take some ten seconds to give a dead one's partitions to others. */
const TOO_LONG_MS = 15_000;

/** The partition that could not be fetched for longest, if that is too long. */
export function unreachableForLong(
  readings: readonly Reading[],
): (Offset & { since: Date; error: BrokerUnavailableError }) | undefined {
  const [first] = readings
    .flatMap(({ failingSince: since, ...reading }) => (since ? [{ ...reading, since }] : []))
    .sort((a, b) => a.since.getTime() - b.since.getTime());
  if (!first || Date.now() - first.since.getTime() < TOO_LONG_MS) return undefined;
  const { topic, partition, position: offset, since } = first;
  const error = new BrokerUnavailableError(
    `read ${topic}/${partition}`,
    new Error('it has no leader that answers'),
  );
  return { topic, partition, offset, since, error };
}

/** Since when none of them was answered; undefined when one was, and nothing is asked of it. */
export function silentSince(readings: readonly Reading[]): number | undefined {
  const open = readings.filter((reading) => !isDone(reading)).map((reading) => reading.silentSince);
  return open.includes(undefined) || open.length === 0 ? undefined : Math.max(...(open as number[]));
}

/** Whether brokers let it read: each partition was answered, except those that can't be fetched at the moment. */
export const isUnderWay = (readings: readonly Reading[]): boolean =>
  readings.some(({ end }) => end !== undefined) &&
  readings.every(({ end, failures }) => end !== undefined || failures > 0);

export const nameOfReading = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

export const isDone = ({ position, until }: Reading): boolean => until !== undefined && position >= until;

const isHungry = (reading: Reading): boolean =>
  reading.waiting.length < FETCHED_AHEAD && !isDone(reading) && reading.failure === undefined;

/** Whether there is more to fetch at once, as far as is known. */
const isBehind = (reading: Reading): boolean =>
  !isDone(reading) && (reading.end === undefined || reading.position < reading.end);

/**
 * What to hand on next: what is oldest. So topics are read evenly in time, as if they were one, and whoever puts records of several
 * together, such as an order with its delivery, has few that wait for the other one.
 *
 * Nothing as long as a partition that is behind has nothing to offer, since that may be older still. A partition that
 * can't be fetched at the moment is not waited for, or one broker's death would stop them all.
 */
export function nextToHandOn(readings: readonly Reading[]): Reading | undefined {
  let oldest: Reading | undefined;
  let timestamp = Number.POSITIVE_INFINITY;
  for (const reading of readings) {
    const first = reading.waiting[0];
    if (first === undefined) {
      if (reading.failures === 0 && isBehind(reading)) return undefined;
    } else if (first.timestamp < timestamp) {
      oldest = reading;
      timestamp = first.timestamp;
    }
  }
  return oldest;
}

/**
 * Which of the partitions of one broker to fetch now; none of them when it is better to wait: until half of them want more,
 * since a request costs the same for one and for all, or one has nothing left.
 *
 * A request that finds nothing new is held by the broker for a while, and so is all that comes after it. So partitions
 * that are read to their end are asked for only together with others, or when nothing of this broker waits to be handed on:
 * what is behind would have to wait for the answer.
 */
export function nextToFetch(readings: readonly Reading[]): Reading[] {
  const hungry = readings.filter(isHungry);
  const behind = hungry.filter(isBehind);
  if (behind.some(({ waiting }) => waiting.length === 0)) return hungry;
  if (behind.length > 0) return behind.length * 2 >= readings.length ? hungry : [];
  return readings.some(({ waiting }) => waiting.length > 0) ? [] : hungry;
}

/** The same where nobody waits for all: each partition is asked for when it wants something, and the answer is not waited for long if one has something. */
export const nextApart = (readings: readonly Reading[]): Reading[] => readings.filter(isHungry);
