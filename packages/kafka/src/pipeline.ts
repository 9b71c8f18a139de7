import { BrewError } from '@brew/events';
import type { Logger } from 'pino';
import { createAdmin } from './admin.ts';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { delay } from './delay.ts';
import { openLanes } from './pipeline/lanes.ts';
import { live } from './pipeline/life.ts';
import type { Portion } from './pipeline/portions.ts';
import { positionsOf } from './pipeline/positions.ts';
import { createProcess, type Outcome } from './pipeline/process.ts';
import { createSuspects } from './pipeline/suspects.ts';
import { createReader, type PartitionOffset } from './reader.ts';
import type { OutgoingRecord, ReceivedRecord } from './record.ts';

export interface PipelineOptions {
  client: KafkaClient;
  /**
   * The consumer group whose offsets tell how far it is, and what its transactional ids begin with: a literal that never
   * changes. Nobody joins that group.
   */
  group: string;
  topics: readonly string[];
  /**
   * What goes out for a record, in order; nothing, if it has no effect. It is called again for a record whose transaction
   * failed, so it does nothing else. If it throws, the record goes to GROUP.dlq, in the same transaction as its neighbours;
   * if what it throws is a BrewError that is `retryable`, after five attempts. While the registry or a broker is away, it waits.
   */
  process: (record: ReceivedRecord) => readonly OutgoingRecord[] | Promise<readonly OutgoingRecord[]>;
  /** How many records of a partition are one transaction at most, by default 500. */
  maxRecords?: number;
  log: Logger;
}

/** `waiting`: something is down; nothing is lost, and nothing gets through either. */
export type PipelineState = 'created' | 'running' | 'waiting' | 'stopped';

export interface Pipeline {
  readonly state: PipelineState;
  /** What it waits for; undefined when all is well. */
  readonly lastError: unknown;
  /** How many records it has committed since it was made, those that went to the dead letters included. */
  readonly records: number;
  /** How many went to the dead letters. */
  readonly deadLetters: number;
  /** Where each input partition goes on; none before the first are known. */
  readonly positions: readonly PartitionOffset[];
  /**
   * Works until the signal is aborted, or, with `untilCaughtUp`, everything is done that was there when it began. Waits for
   * brokers and registry. When it comes back, nothing of it is under way; when it has caught up, readers see all of it.
   *
   * @throws FencedError: another instance has begun after this one, and goes on. OffsetOutOfRangeError: what comes next was
   *   deleted. LogTruncatedError, CorruptBatchError, ReadRefusedError
   */
  run(options: { signal: AbortSignal; untilCaughtUp?: boolean }): Promise<void>;
}

const RETRY = { initialMs: 250, maxMs: 5_000 };

/**
 * From Kafka to Kafka, each record exactly once: what goes out for a record, and that it was done, are one transaction. Whoever reads
 * committed records sees each one once, in the order of its input partition, whatever is killed, and whenever.
 *
 * It works on all partitions of its topics, and keeps them until another instance begins: that one fences it. So a restart goes on
 * at once, and need not wait for a session to end.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-447%3A+Producer+scalability+for+exactly+once+semantics
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { client, group, topics, maxRecords = 500 } = options;
  const log = options.log.child({ group });
  const suspects = createSuspects();
  const positions = new Map<string, PartitionOffset>();
  let state: PipelineState = 'created';
  let lastError: unknown;
  let failures = 0;
  let records = 0;
  let deadLetters = 0;

  async function wait(error: unknown, signal: AbortSignal): Promise<void> {
    failures++;
    state = 'waiting';
    lastError = error;
    log.warn({ err: error, failures }, 'something is down: waiting for it');
    await delay(backoff(failures, RETRY, Math.random()), signal);
  }

  function resume(): void {
    state = 'running';
    lastError = undefined;
  }

  const process = createProcess({ process: options.process, group, suspects, wait, log });

  function note(position: PartitionOffset): void {
    positions.set(`${position.topic}/${position.partition}`, position);
  }

  function onCommitted(portion: Portion, outcome: Outcome): void {
    const { topic, partition } = portion;
    note({ topic, partition, offset: portion.nextOffset });
    records += portion.records.length;
    deadLetters += outcome.deadLetters;
    failures = 0;
    resume();
  }

  async function run(signal: AbortSignal, untilCaughtUp: boolean): Promise<void> {
    await using admin = createAdmin({ client, log });
    await using reader = createReader({ client, log });
    let ends: readonly PartitionOffset[] | undefined;
    let refused = false;

    const life = {
      reader,
      process,
      limitAt: (topic: string, partition: number, offset: bigint) =>
        suspects.isSuspect(topic, partition, offset) ? 1 : maxRecords,
      onCommitted,
      onFailed(portion: Portion, error: unknown) {
        refused ||= suspects.accuse(portion.records, error);
      },
      signal,
    };

    while (!signal.aborted) {
      refused = false;
      try {
        if (untilCaughtUp) ends ??= await reader.offsets(topics, 'latest');
        // First: so a topic that is made anew in between is noticed.
        const topicIds = await reader.topicIds(topics);
        const starts = (await reader.offsets(topics, 'earliest')).map((start) => ({
          ...start,
          topicId: topicIds.get(start.topic),
        }));
        await live({
          ...life,
          ends,
          openLanes: () => openLanes({ client, group, partitions: starts }),
          async positions() {
            const at = await positionsOf(admin, group, starts);
            at.forEach(note);
            resume();
            return at;
          },
        });
        break;
      } catch (error) {
        if (refused) continue;
        if (error instanceof BrewError && !error.retryable) throw error;
        await wait(error, signal);
      }
    }
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError;
    },
    get records() {
      return records;
    },
    get deadLetters() {
      return deadLetters;
    },
    get positions() {
      return [...positions.values()];
    },
    run: ({ signal, untilCaughtUp = false }) =>
      run(signal, untilCaughtUp).finally(() => {
        state = 'stopped';
      }),
  };
}
