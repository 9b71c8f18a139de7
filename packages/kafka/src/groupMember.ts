import type { ConsumerConfig, EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Logger } from 'pino';
import { backoff } from './backoff.ts';
import { type KafkaClient, kafkaOf } from './client.ts';
import { aborted, delay, within } from './delay.ts';
import { ConsumerFailedError, kafkaErrorTypeOf, NotPreparedError, TopicMissingError } from './errors.ts';
import { createHeldBack, type HeldBack } from './heldBack.ts';

export type MemberState = 'created' | 'starting' | 'running' | 'restarting' | 'draining' | 'stopped';

export interface GroupMemberOptions {
  client: KafkaClient;
  /** For the log and for errors. */
  name: string;
  /** Asked anew for each life. */
  config: () => ConsumerConfig;
  topics: string[];
  fromBeginning: boolean;
  /** Batches of different partitions that may be worked on at the same time. */
  concurrency: number;
  /** What is done with what one kafkajs consumer reads. Its state is its own: nothing of it outlives the consumer. */
  begin: (consumer: KafkaConsumer) => Life;
  log: Logger;
}

/** The work of one kafkajs consumer, from its start to its end. */
export interface Life {
  /** When `signal` is aborted it ends what is in hand and returns. */
  eachBatch: (batch: EachBatchPayload, signal: AbortSignal) => Promise<void>;
  /** Called once, before it joins. If it throws, this life is over; when `signal` is aborted it returns. */
  beforeJoining?: (signal: AbortSignal) => Promise<void>;
  /** Called after each (re)join with the partitions by topic that are ours, before anything is fetched. */
  onJoined?: (assignment: Record<string, number[]>) => void;
  /** Called when the work in hand has ended and before the group is left. */
  beforeLeaving?: () => Promise<void>;
  /** Asked every second: what hangs, if something does. Then this life is given up. */
  hanging?: () => string | undefined;
}

/** A member of a consumer group that comes back whatever ends it. */
export interface GroupMember {
  readonly state: MemberState;
  readonly lastError: unknown;
  /** Where an open transaction has kept everything from it for ten seconds. */
  readonly heldBack: HeldBack['longest'];
  /** Resolves when it has joined for the first time. Rejects only when `signal` is aborted or stop() is called. */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Pauses of some twelve seconds, and with what the attempts take more than twenty: longer than the cluster needs to notice that
 * a broker has died and to give its partitions to others, which is 9 s (broker.session.timeout.ms), and three more if that
 * was its active controller. A consumer that ended sooner would come back as a new member and wait for the
 * session of the old one, 15 s, while everything it reads stands still.
 */
const PATIENCE = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: 14 };
/** So long may a partition that was added go unnoticed. kafkajs leaves it at five minutes. */
const METADATA_MAX_AGE_MS = 15_000;
/** Short, so that an outage is over for everybody some seconds after it is over. */
const RESTART = { initialMs: 1_000, maxMs: 3_000 };
const DRAIN_MS = 5_000;
const LEAVE_MS = 3_000;

/**
 * Joins a consumer group, and joins it anew when kafkajs gives up.
 *
 * A broker's restart can end a kafkajs consumer for good (KafkaJSNumberOfRetriesExceeded, or a coordinator or lock
 * that it calls not retriable): the process lives on and reads nothing. Its own restart covers only some of these and
 * is not visible from outside. So it is turned off, each end is taken as an event, and a new consumer replaces the old.
 */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { client, name, topics, log } = options;
  let state: MemberState = 'created';
  let lastError: unknown;
  let supervisor: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();
  const heldBack = createHeldBack();
  const joined = Promise.withResolvers<void>();
  joined.promise.catch(() => undefined);

  function onJoined(): void {
    if (state === 'starting' || state === 'restarting') state = 'running';
    lastError = undefined;
    joined.resolve();
  }

  /** One kafkajs consumer from its start to its end; says what ended it. */
  async function live(): Promise<unknown> {
    const consumer = kafkaOf(client).consumer({
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      ...options.config(),
      retry: { ...PATIENCE, restartOnFailure: async () => false },
    });
    const life = options.begin(consumer);
    heldBack.forget();
    const hands = createHands(life, heldBack);
    const ended = Promise.withResolvers<unknown>();
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      heldBack.forget();
      life.onJoined?.(payload.memberAssignment);
      onJoined();
    });
    const watch = setInterval(() => {
      const what = life.hanging?.();
      if (what) ended.resolve(new Error(what));
    }, 1_000);
    try {
      await life.beforeJoining?.(stopping.signal);
      if (stopping.signal.aborted) return undefined;
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: options.fromBeginning });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: options.concurrency,
        eachBatch: hands.eachBatch,
      });
      return await Promise.race([ended.promise, aborted(stopping.signal)]);
    } catch (error) {
      return kafkaErrorTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? new TopicMissingError(topics, error)
        : error;
    } finally {
      clearInterval(watch);
      if (!(await hands.rest(stopping.signal.aborted ? DRAIN_MS : 0)) && stopping.signal.aborted) {
        log.warn({ consumer: name }, 'work in hand did not end in time: it will be done again');
      }
      if (life.beforeLeaving) await within(LEAVE_MS, life.beforeLeaving());
      hands.release();
      await within(LEAVE_MS, consumer.disconnect());
    }
  }

  async function supervise(): Promise<void> {
    /** The kind of what ended it last, of which the log tells: of an outage once, not with each attempt. */
    let told: string | undefined;
    for (let failures = 1; ; failures++) {
      const cause = await live();
      if (stopping.signal.aborted) return;
      // It had joined, so what went wrong is new.
      if (state === 'running') {
        failures = 1;
        state = 'restarting';
        told = undefined;
      }
      lastError = new ConsumerFailedError(name, cause);
      // A coordinator that is still loading, as after every start of a cluster, is no news until it goes on.
      const isBrief = (cause as { retriable?: unknown })?.retriable === true && failures < 5;
      const kind = cause instanceof Error ? cause.name : String(cause);
      const level = isBrief || kind === told ? 'debug' : 'warn';
      if (level === 'warn') told = kind;
      log[level]({ err: cause, consumer: name, failures }, 'the consumer ended: starting it again');
      await delay(backoff(failures, RESTART, Math.random()), stopping.signal);
    }
  }

  async function leave(): Promise<void> {
    state = 'draining';
    stopping.abort();
    joined.reject(new NotPreparedError(`The consumer ${name} was stopped.`));
    await supervisor;
    state = 'stopped';
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError;
    },
    get heldBack() {
      return heldBack.longest;
    },
    async start(signal) {
      if (state === 'created') {
        state = 'starting';
        supervisor = supervise();
      }
      await (signal ? Promise.race([joined.promise, aborted(signal)]) : joined.promise);
      signal?.throwIfAborted();
    },
    stop() {
      stopped ??= leave();
      return stopped;
    },
  };
}

/** Keeps count of the batches that a life has in hand, so that it can end without dropping one half done. */
function createHands({ eachBatch }: Life, heldBack: HeldBack) {
  const resting = new AbortController();
  const released = Promise.withResolvers<void>();
  const inHand = new Set<Promise<void>>();
  return {
    async eachBatch(batch: EachBatchPayload): Promise<void> {
      // Returning at once would make kafkajs fetch the same records again and again until it has stopped.
      if (resting.signal.aborted) return released.promise;
      const { topic, partition, fetchedOffset, isHeldBack } = batch.batch;
      if (isHeldBack) return heldBack.note({ topic, partition, offset: BigInt(fetchedOffset) });
      heldBack.clear({ topic, partition });
      const work = eachBatch(batch, resting.signal);
      const settled = work.catch(() => undefined);
      inHand.add(settled);
      await work.finally(() => inHand.delete(settled));
    },
    /** Begins nothing more; says whether what was begun ended within `ms`. */
    rest(ms: number): Promise<boolean> {
      resting.abort();
      return within(ms, Promise.all(inHand));
    },
    /** Lets kafkajs have back the batches that were not begun. */
    release: () => released.resolve(),
  };
}
