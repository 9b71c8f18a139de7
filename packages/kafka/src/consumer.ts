import type { EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Logger } from 'pino';
import { defaultRetry, type RetryPolicy } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { chunksOf } from './consumer/chunks.ts';
import { createCommits } from './consumer/commits.ts';
import { coPartitionedAssigner } from './consumer/coPartitionedAssigner.ts';
import { createFirstOffsets } from './consumer/firstOffsets.ts';
import { createProcessor } from './consumer/processor.ts';
import { isStopped } from './consumer/turn.ts';
import { watch } from './consumer/watch.ts';
import type { DeadLetters } from './deadLetters.ts';
import { gather } from './gather.ts';
import { createGroupMember, type Life, type MemberState } from './groupMember.ts';
import type { ReceivedRecord } from './record.ts';

export type ConsumerState = MemberState;

/** How many partitions' batches are in hand at the same time, and meet in one call of `process`. */
const PARTITIONS_AT_ONCE = 64;

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
 * taken alone, and of the chunk that fails again each record: so one that is poison is found, and holds up its own key.
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
  } = options;
  const sessionTimeout = options.sessionTimeoutMs ?? 15_000;
  const log = options.log.child({ group });
  const firstOffsets = from === 'now' ? createFirstOffsets({ client, group, topics, log }) : undefined;
  let outage: unknown;

  function begin(consumer: KafkaConsumer): Life {
    const commits = createCommits({ consumer, log });
    const watched = watch(options.process, sessionTimeout);
    const process = gather(
      async (chunks: readonly ReceivedRecord[][]) => {
        await watched.process(chunks.flat());
        return chunks.map(() => undefined);
      },
      { limit: maxRecords, sizeOf: (records) => records.length, paceMs, concernsAll: isOutage },
    );
    const processor = createProcessor({
      process,
      deadLetters: options.deadLetters,
      isOutage,
      retry: options.retry ?? defaultRetry,
      onOutage: (error) => {
        outage = error;
      },
      log,
    });

    async function eachBatch({ batch, heartbeat, resolveOffset }: EachBatchPayload, signal: AbortSignal) {
      const { topic, partition } = batch;
      const done = (offset: bigint) => {
        resolveOffset(String(offset));
        commits.note(topic, partition, offset + 1n);
      };
      try {
        for (const chunk of chunksOf(batch, wants, maxRecords)) {
          if (signal.aborted) return;
          if (chunk.records.length > 0) {
            await processor.run(chunk.records, { heartbeat, signal, done });
          }
          done(chunk.lastOffset);
          // Danger zone: the session is kept alive by work that gets on, never by a timer. A timer would keep a member
          // alive that hangs, and its partitions would stand still for ever.
          await heartbeat();
        }
      } catch (error) {
        if (isStopped(error)) return;
        // As a rule a rebalance, which the heartbeat told of. What is done counts also for whoever gets the partition.
        await commits.flush();
        throw error;
      }
    }

    return {
      eachBatch,
      onSkipped: (topic, partition, lastOffset) => commits.note(topic, partition, lastOffset + 1n),
      ...(firstOffsets && { beforeJoining: firstOffsets.look }),
      onJoined(assignment) {
        commits.forget();
        const first = firstOffsets?.of(assignment) ?? [];
        for (const { topic, partition, offset } of first) {
          consumer.seek({ topic, partition, offset: String(offset) });
          commits.note(topic, partition, offset);
        }
        // Soon: whoever has the partition after the next rebalance is to begin there, too. Not here: kafkajs drops what is
        // committed before it has come back from joining.
        if (first.length > 0) setImmediate(commits.flush);
      },
      beforeLeaving: commits.flush,
      hanging: watched.hanging,
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
    fromBeginning: from === 'beginning',
    concurrency: PARTITIONS_AT_ONCE,
    begin,
    log,
  });

  return {
    get state() {
      return member.state;
    },
    get lastError() {
      return member.lastError ?? outage;
    },
    start: (signal) => member.start(signal),
    stop: () => member.stop(),
    [Symbol.asyncDispose]: () => member.stop(),
  };
}
