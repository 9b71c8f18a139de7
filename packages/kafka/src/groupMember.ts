import type { ConsumerConfig, EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Logger } from 'pino';
import { backoff } from './backoff.ts';
import { type KafkaClient, kafkaOf } from './client.ts';
import { delay, within } from './delay.ts';
import { ConsumerFailedError, kafkaErrorTypeOf, TopicMissingError } from './errors.ts';

export type MemberState = 'created' | 'starting' | 'running' | 'restarting' | 'draining' | 'stopped';

export interface GroupMemberOptions {
  client: KafkaClient;
  config: ConsumerConfig & { groupId: string };
  topics: string[];
  fromBeginning: boolean;
  /** Batches of different partitions that may be worked on at the same time. */
  concurrency: number;
  /** Does the work. `signal` is aborted when the member stops: then it ends what is in hand and returns. */
  eachBatch: (batch: EachBatchPayload, signal: AbortSignal) => Promise<void>;
  /** Called after each (re)join, before anything is fetched. */
  onJoined?: (consumer: KafkaConsumer) => void;
  /** Called when the work in hand has ended and before the group is left. */
  beforeLeaving?: (consumer: KafkaConsumer) => Promise<void>;
  log: Logger;
}

/** A member of a consumer group that comes back whatever ends it. */
export interface GroupMember {
  readonly state: MemberState;
  readonly lastError: unknown;
  /** Resolves when it has joined for the first time. Rejects only when `signal` is aborted or stop() is called. */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const RESTART = { initialMs: 1_000, maxMs: 10_000 };
const DRAIN_MS = 10_000;
const LEAVE_MS = 5_000;

/**
 * Joins a consumer group, and joins it anew when kafkajs gives up.
 *
 * A broker's restart can end a kafkajs consumer for good (KafkaJSNumberOfRetriesExceeded, or a coordinator or lock
 * that it calls not retriable): the process lives on and reads nothing. Its own restart covers only some of these and
 * is not visible from outside. So it is turned off, each end is taken as an event, and a new consumer replaces the old.
 */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { client, config, topics, log } = options;
  let state: MemberState = 'created';
  let lastError: unknown;
  let supervisor: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let current: KafkaConsumer | undefined;
  const stopping = new AbortController();
  const joined = Promise.withResolvers<void>();
  const drained = Promise.withResolvers<void>();
  const inHand = new Set<Promise<void>>();
  joined.promise.catch(() => undefined);

  async function eachBatch(batch: EachBatchPayload): Promise<void> {
    // Returning at once would make kafkajs fetch the same records again and again until it has stopped.
    if (stopping.signal.aborted) return drained.promise;
    const work = options.eachBatch(batch, stopping.signal);
    const settled = work.catch(() => undefined);
    inHand.add(settled);
    await work.finally(() => inHand.delete(settled));
  }

  /** One kafkajs consumer from its start to its end; says what ended it. */
  async function live(): Promise<unknown> {
    const consumer = kafkaOf(client).consumer({
      allowAutoTopicCreation: false,
      ...config,
      retry: { restartOnFailure: async () => false },
    });
    current = consumer;
    const ended = Promise.withResolvers<unknown>();
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => {
      options.onJoined?.(consumer);
      if (state === 'starting' || state === 'restarting') state = 'running';
      lastError = undefined;
      joined.resolve();
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: options.fromBeginning });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: options.concurrency,
        eachBatch,
      });
      return await Promise.race([ended.promise, aborted(stopping.signal)]);
    } catch (error) {
      return kafkaErrorTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? new TopicMissingError(topics, error)
        : error;
    } finally {
      if (!stopping.signal.aborted) await within(LEAVE_MS, consumer.disconnect());
    }
  }

  async function supervise(): Promise<void> {
    for (let failures = 1; ; failures++) {
      const before = state;
      const cause = await live();
      if (stopping.signal.aborted) return;
      if (before !== 'running' && (state as MemberState) === 'running') failures = 1;
      lastError = new ConsumerFailedError(config.groupId, cause);
      if (state === 'running') state = 'restarting';
      log.warn({ err: cause, group: config.groupId, failures }, 'the consumer ended: starting it again');
      await delay(backoff(failures, RESTART, Math.random()), stopping.signal);
    }
  }

  async function leave(): Promise<void> {
    const wasStarted = state !== 'created';
    state = 'draining';
    stopping.abort();
    joined.reject(new ConsumerFailedError(config.groupId, new Error('it was stopped')));
    if (wasStarted) {
      if (!(await within(DRAIN_MS, Promise.all(inHand)))) {
        log.warn({ group: config.groupId }, 'work in hand did not end in time: it will be done again');
      }
      if (current) await within(LEAVE_MS, options.beforeLeaving?.(current) ?? Promise.resolve());
      drained.resolve();
      if (current) await within(LEAVE_MS, current.disconnect());
      await supervisor;
    }
    state = 'stopped';
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError;
    },
    async start(signal) {
      if (state === 'created') state = 'starting';
      supervisor ??= supervise();
      await (signal ? Promise.race([joined.promise, aborted(signal)]) : joined.promise);
      signal?.throwIfAborted();
    },
    stop() {
      stopped ??= leave();
      return stopped;
    },
  };
}

/** Resolves when the signal is aborted. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
