import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Membership } from './adapter.ts';
import { defaultRetry, type RetryPolicy } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { createAssignment, type Part } from './consumer/assignment.ts';
import { createBreaker } from './consumer/breaker.ts';
import { chunksOf } from './consumer/chunks.ts';
import { createCommits } from './consumer/commits.ts';
import { createHoldUps, type HeldUp } from './consumer/holdUps.ts';
import { createLooks } from './consumer/looks.ts';
import { createProcessor } from './consumer/processor.ts';
import { type Account, createRoom } from './consumer/room.ts';
import { createStartOffsets } from './consumer/startOffsets.ts';
import { isGivenUp, leaveIfGivenUp, pause, type Turn } from './consumer/turn.ts';
import { watch } from './consumer/watch.ts';
import type { DeadLetters } from './deadLetters.ts';
import { delay } from './delay.ts';
import { BrokerUnavailableError, EveryRecordFailsError } from './errors.ts';
import type { Fetched } from './fetched.ts';
import { gather } from './gather.ts';
import { createGroupMember, type Life, type MemberState } from './groupMember.ts';
import { MOST_HELD } from './holding.ts';
import { wayOn } from './outOfRange.ts';
import { createCluster } from './reader/cluster.ts';
import { createFetcher, type Fetcher } from './reader/fetcher.ts';
import type { Reading } from './reader/readings.ts';
import { bytesOf, type Position, type ReceivedRecord } from './record.ts';
import { verdictOf } from './verdict.ts';

/** `halted`: every record fails, and none is parked until one succeeds. */
export type ConsumerState = MemberState | 'halted';

const UNABLE_LOOK_MS = 500;
const SILENT_LOOK_MS = 100;
/** As brokers of Brew have it (group.consumer.session.timeout.ms): so long they wait for a sign of life, whatever else may take longer. */
const LONGEST_SILENCE_MS = 15_000;
const LEFT = Symbol('others need the memory that it holds');
/** Another replica may have the bytes that were written, and a new leader may hear how far the log goes. */
const LOOK_AGAIN_MS = 1_000;
/** How long what waits for something may hold memory that others wait for. */
const HOLDS_MS = 2_000;
/** So long no broker may answer before that is told. */
const SILENT_MS = 5_000;

export interface ConsumerOptions {
  client: KafkaClient;
  /** The group id: a literal that never changes, since the offsets belong to it. */
  group: string;
  topics: string[];
  /** Where a group without offsets starts; `now` is when it came first, whatever comes while it is away afterwards. */
  from: 'beginning' | 'now';
  /**
   * Does the work for what there is, of all partitions, in offset order for each: all of it or, by throwing, nothing.
   * Never called again before it has come back. It may get records that it has done already: after a crash, a
   * rebalance, or an outage.
   */
  process: (records: ReceivedRecord[]) => Promise<void>;
  /** Which records matter; the others are skipped. By default all. */
  wants?: (record: ReceivedRecord) => boolean;
  deadLetters: DeadLetters;
  /** Whether an error says that something is down (the database…): then it waits, and dead-letters nothing. */
  isOutage?: (error: unknown) => boolean;
  /**
   * Why this member can do nothing at present that others may be able to do, such as one that is cut off from its database. It leaves the
   * group then, until this is undefined again: it would hold on to its partitions, and nobody would get on with them.
   */
  unable?: () => string | undefined;
  retry?: RetryPolicy;
  /** How many records `process` gets at most: what one transaction holds, and what a failure rolls back. They are fewer where they are large. */
  maxRecords?: number;
  /** The shortest time between two calls of `process`, in milliseconds, by default 100: under load they are fewer, and larger. */
  paceMs?: number;
  /**
   * A name of this member's that is the same each time it starts, and no other member's (static membership, KIP-345): its partitions wait for it
   * until its session is over, instead of going to others and coming back. Without one, they go to others as soon as it stops. kafkajs has none.
   */
  instanceId?: string;
  /**
   * How long a call of `process` may take, in milliseconds, by default 15,000. One that takes longer counts as hanging: the membership ends, and
   * the same records come again, maybe while that call is still at them. With kafkajs it is the session as well: after so long without a sign of life a
   * member's partitions go to others (brokers take 6 s to 30 min, group.max.session.timeout.ms). With platformatic the brokers decide
   * about that (group.consumer.session.timeout.ms).
   */
  sessionTimeoutMs?: number;
  log: Logger;
}

export interface Consumer extends AsyncDisposable {
  /** `restarting`: its membership ended, for example by a broker's restart, and is being started again. */
  readonly state: ConsumerState;
  /** What it waits for or restarts because of; undefined when all is well. */
  readonly lastError: unknown;
  /** What it has to do and has not got on with for ten seconds; undefined when all is well. */
  readonly heldUp: HeldUp | undefined;
  /** Resolves when the group is joined; waits for brokers and topics. Rejects only when aborted or stopped. */
  start(signal?: AbortSignal): Promise<void>;
  /** Finishes the chunks in hand, for at most 5 s, commits and leaves the group. */
  stop(): Promise<void>;
}

/**
 * Reads topics as one of a group and hands their records on, at least once and in order per key.
 *
 * What a fetch brings of a partition is cut into chunks; the chunks of all partitions that are there at the same time
 * go to `process` together, so that the more there is to do, the less each record costs. If that fails, each chunk is
 * taken alone, and the chunk that fails again is halved until the records are found that are to blame: each holds up its own key. What
 * no client could read is told and stepped over. What was deleted before it was read is told as well, and its partition stands still until
 * somebody decides to go on without it.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const {
    client,
    group,
    topics,
    from,
    wants,
    maxRecords = 500,
    paceMs = 100,
    isOutage = () => false,
    unable = () => undefined,
    instanceId,
  } = options;
  if (group === '' || topics.length === 0)
    throw new TypeError('A consumer needs the name of its group, and one topic at least.');
  if (from !== 'beginning' && from !== 'now')
    throw new TypeError(`from is ${from}. A group without offsets starts at 'beginning' or 'now'.`);
  if (instanceId !== undefined && client.library === 'kafkajs')
    throw new TypeError(
      'kafkajs has no static membership: leave out instanceId, or take the library platformatic.',
    );
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 15_000;
  const log = options.log.child({ group });
  const holdUps = createHoldUps();
  const breaker = createBreaker();
  const looksAgain = createLooks();
  const starts = createStartOffsets({ group, topics, from });
  let fetcher: Fetcher | undefined;

  function begin(commit: Membership['commit']): Life {
    const cluster = createCluster(client);
    const own = createFetcher(cluster, { apart: true, log });
    fetcher = own;
    const assignment = createAssignment(work);
    const commits = createCommits({ commit, log });
    const watched = watch(options.process, sessionTimeoutMs);
    const process = gather(
      async (chunks: readonly (readonly ReceivedRecord[])[]) => {
        await watched.process(chunks.flat());
        return chunks.map(() => undefined);
      },
      {
        limit: maxRecords,
        // Records of more than their share of the bytes count as several.
        sizeOf: (records) => Math.max(records.length, (bytesOf(records) / MOST_HELD) * maxRecords),
        paceMs,
        concernsAll: (error) => verdictOf(error, isOutage) === 'outage',
        mayRun: () => untilHeard(() => isOver),
      },
    );
    const processor = createProcessor({
      // Of a partition that is given up, nothing is begun any more: the group waits for the end of what was.
      process: (records, signal) => process(records, { signal }),
      processAlone: (records, signal) => process(records, { alone: true, signal }),
      mayBegin: (signal) => untilHeard(() => signal.aborted),
      deadLetters: options.deadLetters,
      isOutage,
      retry: options.retry ?? defaultRetry,
      breaker,
      log,
    });

    const room = createRoom();

    /** What comes in a partition, one fetch after another, for as long as it is ours. */
    async function work({ topic, partition, offset, topicId }: Position, part: Part): Promise<void> {
      const { signal } = part;
      const place = { topic, partition };
      const reading = own.add({ ...place, from: offset, topicId });
      const account = room.account();
      signal.addEventListener('abort', () => own.remove(reading), { once: true });
      const turn: Turn = {
        signal,
        done(nextOffset) {
          // Lost, it is another's, who may be further.
          if (!part.isLost && !isOver)
            commits.note({ ...place, offset: nextOffset, topicId: reading.topicId });
        },
        heldUp: (holdUp) => holdUps.set(place, holdUp),
        keep() {},
      };
      try {
        while (!signal.aborted) {
          const fetched = await own.nextOf(reading).catch((error) => stepOver(reading, error, turn, part));
          if (!fetched) continue;
          if (await takeOrLeave(fetched, reading, account, turn)) holdUps.end(place);
        }
      } catch (error) {
        if (!isGivenUp(error)) throw error;
      } finally {
        own.remove(reading);
        holdUps.end(place);
      }
    }

    /** @returns whether it is done; not when it waited for something, and others for the memory that it held: then it comes again */
    async function takeOrLeave(
      fetched: Fetched,
      reading: Reading,
      account: Account,
      turn: Turn,
    ): Promise<boolean> {
      let position = fetched.from;
      let waitsSince: number | undefined;
      let isKept = false;
      const leaving: Turn = {
        signal: turn.signal,
        keep() {
          isKept = true;
        },
        done(nextOffset) {
          position = nextOffset;
          turn.done(nextOffset);
        },
        heldUp(holdUp) {
          turn.heldUp(holdUp);
          waitsSince = holdUp?.waits ? (waitsSince ?? performance.now()) : undefined;
          if (isKept || waitsSince === undefined || performance.now() - waitsSince < HOLDS_MS) return;
          if (account.isWanted) throw LEFT;
        },
      };
      try {
        await take(fetched, reading, account, leaving);
        return true;
      } catch (error) {
        if (error !== LEFT) throw error;
        own.seek(reading, position);
        return false;
      } finally {
        account.hold(0);
      }
    }

    async function take(fetched: Fetched, reading: Reading, account: Account, turn: Turn): Promise<void> {
      const { topic, partition } = fetched;
      for (const chunk of chunksOf(fetched, wants, maxRecords, account)) {
        leaveIfGivenUp(turn);
        const [first] = chunk.records;
        holdUps.begin(first ?? { topic, partition, offset: chunk.nextOffset, key: null });
        if (chunk.gap && looksAgain(chunk.gap)) {
          await processor.run({ ...chunk, gap: undefined }, turn);
          turn.done(chunk.gap.firstOffset);
          await pause(turn, LOOK_AGAIN_MS);
          return own.seek(reading, chunk.gap.firstOffset);
        }
        if (chunk.isBeforeLarge) {
          await account.waitForLargest(turn.signal);
          leaveIfGivenUp(turn);
        }
        if (first || chunk.gap) await processor.run(chunk, turn);
        turn.done(chunk.nextOffset);
        // Records that nobody wants are looked at without waiting for anything, and could be millions.
        await eventLoop();
      }
    }

    /** It can't go on at its position: nothing is skipped without a word, and nothing lost without somebody's. */
    async function stepOver(reading: Reading, error: unknown, turn: Turn, part: Part): Promise<undefined> {
      const { topic, partition, position: offset } = reading;
      const at = { topic, partition, offset };
      holdUps.begin({ ...at, key: null });
      turn.heldUp({ at: { ...at, key: null }, error, waits: false });
      const way = await wayOn(cluster, at, error);
      // Made anew, it is another's, or it is revoked and assigned again.
      const isOthers = part.topicId !== undefined && way !== undefined && way.topicId !== part.topicId;
      if (!way || isOthers) {
        await pause(turn, LOOK_AGAIN_MS);
        return void own.seek(reading, offset);
      }
      const { gap, isLoss } = way;
      if (gap && isLoss) {
        const isAnew = async () => {
          await cluster.refresh([topic]).catch(() => undefined);
          return cluster.topicId(topic) !== way.topicId;
        };
        if (!(await processor.passLoss(gap, turn, isAnew))) return void own.seek(reading, offset);
      } else await processor.run({ records: [], unfit: new Map(), gap }, turn);
      // Where records are deleted, more of them may be by now.
      const next = gap && isLoss ? gap.lastOffset + 1n : way.offset;
      own.seek(reading, next, way.topicId);
      turn.done(next);
    }

    let isOver = false;
    return {
      async beforeJoining(signal) {
        while (unable() !== undefined && !signal.aborted) await delay(UNABLE_LOOK_MS, signal);
        await starts.look(cluster);
      },
      async onAssigned(partitions) {
        assignment.expect(partitions);
        const positions = await starts.of(cluster, partitions);
        // Not of what was lost meanwhile: others may be further.
        for (const { isFirst, ...position } of assignment.begin(positions))
          if (isFirst) commits.note(position);
      },
      async onRevoked(partitions) {
        await assignment.give(partitions);
        await commits.settle(partitions);
        commits.forget(partitions);
      },
      onLost(partitions) {
        assignment.lose(partitions);
        commits.forget(partitions);
      },
      hanging: () => watched.hanging() ?? unable(),
      failed: assignment.failed,
      async end() {
        isOver = true;
        own.stop();
        fetcher = undefined;
        commits.end();
        await assignment.end();
        await cluster.close();
      },
    };
  }

  /** Of whom nothing was heard for so long, the group may have given its partitions to others: nothing more is begun, until it is known. */
  async function untilHeard(isOver: () => boolean): Promise<void> {
    const mostMs = Math.min(sessionTimeoutMs, LONGEST_SILENCE_MS);
    const isSilent = () => performance.now() - (member.silentSince ?? Infinity) > mostMs;
    while (isSilent() && !isOver()) await delay(SILENT_LOOK_MS);
  }

  function silence(): unknown {
    const since = member.silentSince ?? fetcher?.silentSince();
    if (since === undefined || performance.now() - since < SILENT_MS) return undefined;
    return new BrokerUnavailableError(`read ${topics.join(', ')}`, new Error('no broker answers'));
  }

  const member = createGroupMember({ client, group, topics, instanceId, sessionTimeoutMs, begin, log });

  return {
    get state() {
      const isHalted = member.state === 'running' && holdUps.waitsFor instanceof EveryRecordFailsError;
      return isHalted ? 'halted' : member.state;
    },
    get lastError() {
      return member.lastError ?? silence() ?? holdUps.waitsFor;
    },
    get heldUp() {
      const behind = fetcher?.heldBack() ?? fetcher?.unreachableForLong();
      return holdUps.longest ?? (behind && { ...behind, key: null, others: 0 });
    },
    start: (signal) => member.start(signal),
    stop: () => member.stop(),
    [Symbol.asyncDispose]: () => member.stop(),
  };
}
