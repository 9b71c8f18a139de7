import { randomUUID } from 'node:crypto';
import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from 'pino';
import { createAdmin } from './admin.ts';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { delay } from './delay.ts';
import { NotPreparedError } from './errors.ts';
import { createPositions } from './follower/positions.ts';
import { createGroupMember, type MemberState } from './groupMember.ts';
import { fromMessage, type ReceivedRecord } from './record.ts';

export interface FollowerOptions {
  client: KafkaClient;
  /** What it is for; part of the group ids that brokers show, such as `order.menu`. */
  name: string;
  topics: string[];
  from: 'beginning' | 'now';
  /** Gets every record of every partition, in order per partition. If it throws, it gets the same records again. */
  onRecords: (records: ReceivedRecord[]) => void | Promise<void>;
  log: Logger;
}

export interface Follower extends AsyncDisposable {
  readonly state: MemberState;
  readonly lastError: unknown;
  /** Resolves when it reads; waits for brokers and topics. Rejects only when aborted or stopped. */
  start(signal?: AbortSignal): Promise<void>;
  /** Resolves when all that was in the topics when it started has been handed on. */
  whenCaughtUp(): Promise<void>;
  stop(): Promise<void>;
}

const RETRY = { initialMs: 200, maxMs: 5_000 };

/**
 * Fan-out: each follower sees every record, for example to keep a cache of a compacted topic.
 *
 * kafkajs reads only as a member of a group, so each follower has a group of its own, under a name that nobody uses
 * again, and commits nothing. It keeps its positions itself: after a rebalance or a broker's restart a group without
 * commits would begin at the beginning again, or, `from: 'now'`, skip what came meanwhile.
 */
export function createFollower({ client, name, topics, from, onRecords, log }: FollowerOptions): Follower {
  const positions = createPositions();
  let started: Promise<void> | undefined;
  let failure: unknown;
  const stopping = new AbortController();

  async function eachBatch({ batch, heartbeat, resolveOffset }: EachBatchPayload, signal: AbortSignal) {
    const { topic, partition } = batch;
    const records = batch.messages
      .filter(({ offset }) => BigInt(offset) >= positions.of(topic, partition))
      .map((message) => fromMessage(topic, partition, message));
    if (records.length > 0 && !(await handOn(records, heartbeat, signal))) return;
    const last = batch.lastOffset();
    resolveOffset(last);
    positions.advance(topic, partition, BigInt(last) + 1n);
    await heartbeat();
  }

  /** Says whether the records were taken; not when it stops meanwhile. */
  async function handOn(records: ReceivedRecord[], heartbeat: () => Promise<void>, signal: AbortSignal) {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await onRecords(records);
        failure = undefined;
        return true;
      } catch (error) {
        failure = error;
        log.error(
          { err: error, follower: name, failures },
          'a follower failed: handing it the records again',
        );
      }
      await heartbeat();
      await delay(backoff(failures, RETRY, Math.random()), signal);
      await heartbeat();
    }
    return false;
  }

  const member = createGroupMember({
    client,
    name,
    // A new group for each life: in the old one the brokers would wait for the member that is gone.
    config: () => ({
      groupId: `${name}.follower.${randomUUID()}`,
      maxWaitTimeInMs: 1_000,
      maxBytes: 2 * 1024 * 1024,
    }),
    topics,
    // A partition without a position is one that was added later: all of it is new.
    fromBeginning: true,
    concurrency: 1,
    begin: (consumer) => ({
      eachBatch,
      onSkipped: (topic, partition, lastOffset) => positions.advance(topic, partition, lastOffset + 1n),
      onJoined() {
        for (const { topic, partition, position } of positions.all()) {
          consumer.seek({ topic, partition, offset: String(position) });
        }
      },
    }),
    log,
  });

  /** Where each partition begins for us, and where it ended when we came. */
  async function learnOffsets(signal: AbortSignal): Promise<void> {
    await using admin = createAdmin({ client, log });
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        for (const topic of topics) {
          for (const { partition, earliest, latest } of await admin.topicOffsets(topic)) {
            positions.begin(topic, partition, from === 'beginning' ? earliest : latest, latest);
          }
        }
        return positions.complete();
      } catch (error) {
        failure = error;
        log.warn({ err: error, follower: name, failures }, 'waiting for Kafka');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  async function begin(signal: AbortSignal): Promise<void> {
    await learnOffsets(signal);
    if (signal.aborted) throw new NotPreparedError(`The follower ${name} was stopped while it started.`);
    failure = undefined;
    await member.start(signal);
  }

  return {
    get state() {
      return started && member.state === 'created' ? 'starting' : member.state;
    },
    get lastError() {
      return member.lastError ?? failure;
    },
    start(signal) {
      started ??= begin(signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal);
      return started;
    },
    whenCaughtUp: () => positions.caughtUp,
    stop() {
      stopping.abort();
      return member.stop();
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
