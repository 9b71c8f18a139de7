import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Batch, EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Logger } from 'pino';
import { createAdmin } from './admin.ts';
import { defaultRetry, type RetryPolicy } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { createBreaker } from './consumer/breaker.ts';
import { chunksOf } from './consumer/chunks.ts';
import { createCommits } from './consumer/commits.ts';
import { coPartitionedAssigner } from './consumer/coPartitionedAssigner.ts';
import { createFirstOffsets } from './consumer/firstOffsets.ts';
import { createHoldUps, type HeldUp } from './consumer/holdUps.ts';
import { createLooks } from './consumer/looks.ts';
import { createProcessor } from './consumer/processor.ts';
import { isStopped, pause, type Turn } from './consumer/turn.ts';
import { watch } from './consumer/watch.ts';
import type { DeadLetters } from './deadLetters.ts';
import { delay } from './delay.ts';
import { EveryRecordFailsError } from './errors.ts';
import { fetchedOf } from './fetched.ts';
import { gather } from './gather.ts';
import { createGroupMember, type Life, type MemberState } from './groupMember.ts';
import { wayOn } from './outOfRange.ts';
import type { ReceivedRecord } from './record.ts';
import { verdictOf } from './verdict.ts';

/** `halted`: every record fails, and none is parked until one succeeds. */
export type ConsumerState = MemberState | 'halted';

/** How many partitions' batches are in hand at the same time, and meet in one call of `process`. */
const PARTITIONS_AT_ONCE = 64;

const UNABLE_LOOK_MS = 500;

export interface ConsumerOptions {
  client: KafkaClient;
  /** The group id: a literal that never changes, since the offsets belong to it. */
  group: string;
  topics: string[];
  /** Where a group without offsets starts; `now` is when it came first, whatever comes while it is away afterwards. */
  from: 'beginning' | 'now';
  /**
   * Does the work for what there is, of all partitions, in offset order for each: all of it or, by throwing, nothing.
   * Never called again before it has come back. It may get records that it has done already, after a crash or a
   * rebalance.
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
  /** How many records `process` gets at most: what one transaction holds, and what a failure rolls back. */
  maxRecords?: number;
  /** The shortest time between two calls of `process`, in milliseconds, by default 100: under load they are fewer, and larger. */
  paceMs?: number;
  /**
   * After how long without a sign of life this member's partitions go to others, by default 15 s. It must be longer
   * than a call of `process` ever takes: one that takes longer counts as hanging, and the consumer starts again.
   */
  sessionTimeoutMs?: number;
  log: Logger;
}

export interface Consumer extends AsyncDisposable {
  /** `restarting`: kafkajs ended, for example by a broker's restart, and is being started again. */
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
  } = options;
  const sessionTimeout = options.sessionTimeoutMs ?? 15_000;
  const log = options.log.child({ group });
  const firstOffsets = createFirstOffsets({ client, group, topics, from, log });
  const holdUps = createHoldUps();
  const breaker = createBreaker();
  const looksAgain = createLooks();

  function begin(consumer: KafkaConsumer): Life {
    const commits = createCommits({ consumer, log });
    const watched = watch(options.process, sessionTimeout);
    const process = gather(
      async (chunks: readonly ReceivedRecord[][]) => {
        await watched.process(chunks.flat());
        return chunks.map(() => undefined);
      },
      {
        limit: maxRecords,
        sizeOf: (records) => records.length,
        paceMs,
        concernsAll: (error) => verdictOf(error, isOutage) === 'outage',
      },
    );
    const processor = createProcessor({
      process,
      processAlone: (records) => process(records, { alone: true }),
      deadLetters: options.deadLetters,
      isOutage,
      retry: options.retry ?? defaultRetry,
      breaker,
      log,
    });

    async function eachBatch(payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
      const { batch, heartbeat, resolveOffset } = payload;
      const { topic, partition } = batch;
      const turn: Turn = {
        heartbeat,
        signal,
        done(nextOffset) {
          resolveOffset(String(nextOffset - 1n));
          commits.note(topic, partition, nextOffset);
        },
        heldUp: (holdUp) => holdUps.set(batch, holdUp),
      };
      try {
        await (batch.outOfRange ? stepOver(batch, turn) : work(batch, turn));
      } catch (error) {
        if (isStopped(error)) return;
        // As a rule a rebalance, which the heartbeat told of. What is done counts also for whoever gets the partition.
        await commits.flush();
        throw error;
      } finally {
        holdUps.end(batch);
      }
    }

    async function work(batch: Batch, turn: Turn): Promise<void> {
      const { topic, partition } = batch;
      for (const chunk of chunksOf(fetchedOf(batch), wants, maxRecords)) {
        if (turn.signal.aborted) return;
        const [first] = chunk.records;
        holdUps.begin(first ?? { topic, partition, offset: chunk.nextOffset, key: null });
        if (chunk.gap && looksAgain(chunk.gap)) {
          await processor.run({ ...chunk, gap: undefined }, turn);
          turn.done(chunk.gap.firstOffset);
          return pause(turn, 1_000);
        }
        if (first || chunk.gap) await processor.run(chunk, turn);
        turn.done(chunk.nextOffset);
        // Danger zone: the session is kept alive by work that gets on, never by a timer. A timer would keep a member
        // alive that hangs, and its partitions would stand still for ever.
        await turn.heartbeat();
        // Records that nobody wants are looked at without waiting for anything, and could be millions.
        await eventLoop();
      }
    }

    /** The position is outside of what the partition holds: nothing is skipped without a word, and nothing lost without somebody's. */
    async function stepOver(batch: Batch, turn: Turn): Promise<void> {
      const { topic, partition } = batch;
      const from = BigInt(batch.fetchedOffset);
      holdUps.begin({ topic, partition, offset: from, key: null });
      await using admin = createAdmin({ client, log });
      const way = await wayOn(admin, { topic, partition, from });
      if (!way) return pause(turn, 1_000);
      if (way.isLoss) await processor.passLoss(way.gap, turn);
      else await processor.run({ records: [], unfit: new Map(), gap: way.gap }, turn);
      // Where records are deleted, more of them may be by now.
      const next = way.isLoss ? way.gap.lastOffset + 1n : way.offset;
      consumer.seek({ topic, partition, offset: String(next) });
      commits.note(topic, partition, next);
    }

    return {
      eachBatch,
      async beforeJoining(signal) {
        while (unable() !== undefined && !signal.aborted) await delay(UNABLE_LOOK_MS, signal);
        await firstOffsets.look();
      },
      onJoined(assignment) {
        commits.forget();
        const first = firstOffsets.of(assignment);
        for (const { topic, partition, offset } of first) {
          consumer.seek({ topic, partition, offset: String(offset) });
          commits.note(topic, partition, offset);
        }
        // Soon: whoever has the partition after the next rebalance is to begin there, too. Not here: kafkajs drops what is
        // committed before it has come back from joining.
        if (first.length > 0) setImmediate(commits.flush);
      },
      beforeLeaving: commits.flush,
      hanging: () => watched.hanging() ?? unable(),
    };
  }

  const member = createGroupMember({
    client,
    name: group,
    config: () => ({
      groupId: group,
      partitionAssigners: [coPartitionedAssigner],
      sessionTimeout,
      heartbeatInterval: 2_000,
      // What bounds the memory: up to this much from each broker is held at a time, some 1,000 records a partition.
      maxBytesPerPartition: 256 * 1024,
      maxBytes: 2 * 1024 * 1024,
      // How long an idle fetch waits, and so how long a stop may have to wait for it.
      maxWaitTimeInMs: 1_000,
    }),
    topics,
    // Of a partition that is added while it runs, all is new; of others, firstOffsets knows.
    fromBeginning: true,
    concurrency: PARTITIONS_AT_ONCE,
    begin,
    log,
  });

  return {
    get state() {
      const isHalted = member.state === 'running' && holdUps.waitsFor instanceof EveryRecordFailsError;
      return isHalted ? 'halted' : member.state;
    },
    get lastError() {
      return member.lastError ?? holdUps.waitsFor;
    },
    get heldUp() {
      const { heldBack } = member;
      return holdUps.longest ?? (heldBack && { ...heldBack, key: null, others: 0 });
    },
    start: (signal) => member.start(signal),
    stop: () => member.stop(),
    [Symbol.asyncDispose]: () => member.stop(),
  };
}
