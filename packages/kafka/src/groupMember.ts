import type { Logger } from 'pino';
import { adapterOf, type Membership, type MembershipOptions } from './adapter.ts';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { aborted, delay, within } from './delay.ts';
import { ConsumerFailedError, kafkaErrorTypeOf, NotPreparedError, TopicMissingError } from './errors.ts';

export type MemberState = 'created' | 'starting' | 'running' | 'restarting' | 'draining' | 'stopped';

export interface GroupMemberOptions {
  client: KafkaClient;
  group: string;
  topics: readonly string[];
  instanceId?: string | undefined;
  sessionTimeoutMs: number;
  /** What is done with what one membership gives us. Its state is its own: nothing of it outlives the membership. */
  begin: (commit: Membership['commit']) => Life;
  log: Logger;
}

/** The work of one membership, from its start to its end. */
export interface Life extends Pick<MembershipOptions, 'onAssigned' | 'onRevoked' | 'onLost'> {
  /** Called once, before it joins. If it throws, this life is over; when `signal` is aborted it returns. */
  beforeJoining(signal: AbortSignal): Promise<void>;
  /** Asked every second: what hangs, if something does. Then this life is given up, and what is in hand is not waited for. */
  hanging(): string | undefined;
  /** Rejects when the work can't go on. */
  readonly failed: Promise<never>;
  /** Called at the end, however it came. */
  end(): Promise<void>;
}

/** A member of a consumer group that comes back whatever ends it. */
export interface GroupMember {
  readonly state: MemberState;
  readonly lastError: unknown;
  /** See Membership. */
  readonly silentSince: number | undefined;
  /** Resolves when it has joined for the first time. Rejects only when `signal` is aborted or stop() is called. */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Short, so that an outage is over for everybody some seconds after it is over. */
const RESTART = { initialMs: 1_000, maxMs: 3_000 };
const DRAIN_MS = 5_000;
const LEAVE_MS = 3_000;

/**
 * Joins a consumer group, and joins it anew when the library gives up, as kafkajs may when a broker restarts: each end of a membership is
 * taken as an event, and a new one replaces the old.
 */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { client, group, topics, instanceId, sessionTimeoutMs, log } = options;
  let state: MemberState = 'created';
  let lastError: unknown;
  let current: Membership | undefined;
  let supervisor: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();
  const joined = Promise.withResolvers<void>();
  joined.promise.catch(() => undefined);

  function onJoined(): void {
    if (state === 'starting' || state === 'restarting') state = 'running';
    lastError = undefined;
    joined.resolve();
  }

  /** One membership from its start to its end; says what ended it. */
  async function live(): Promise<unknown> {
    const { createMembership } = await adapterOf(client);
    const life = options.begin((offsets) => membership.commit(offsets));
    const ending = new AbortController();
    const membership = createMembership({
      ...{ client, group, topics, instanceId, sessionTimeoutMs, log },
      async onAssigned(partitions) {
        await life.onAssigned(partitions);
        onJoined();
      },
      async onRevoked(partitions) {
        const done = life.onRevoked(partitions);
        const over = AbortSignal.any([stopping.signal, ending.signal]);
        await Promise.race([done, aborted(over)]);
        // Who stops waits a little longer; what hangs is not waited for at all.
        if (over.aborted && !(await within(ending.signal.aborted ? 0 : DRAIN_MS, done)))
          log.warn('work in hand did not end in time: it will be done again');
      },
      onLost: life.onLost,
    });
    current = membership;
    const watch = setInterval(() => {
      const what = life.hanging();
      if (what) ending.abort(new Error(what));
    }, 1_000);
    life.failed.catch((error) => ending.abort(error));
    try {
      await life.beforeJoining(stopping.signal);
      if (!stopping.signal.aborted) await membership.run(AbortSignal.any([stopping.signal, ending.signal]));
      return ending.signal.reason;
    } catch (error) {
      return kafkaErrorTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? new TopicMissingError([...topics], error)
        : error;
    } finally {
      clearInterval(watch);
      current = undefined;
      await within(LEAVE_MS, life.end());
    }
  }

  async function supervise(): Promise<void> {
    /** The kind of what ended it last, of which the log tells: of an outage once, not with each attempt. */
    let told: string | undefined;
    for (let failures = 1; ; failures++) {
      const cause = await live().catch((error: unknown) => error);
      if (stopping.signal.aborted) return;
      // It had joined, so what went wrong is new.
      if (state === 'running') {
        failures = 1;
        state = 'restarting';
        told = undefined;
      }
      lastError = new ConsumerFailedError(group, cause);
      // A coordinator that is still loading, as after every start of a cluster, is no news until it goes on.
      const isBrief = (cause as { retriable?: unknown })?.retriable === true && failures < 5;
      const kind = cause instanceof Error ? cause.name : String(cause);
      const level = isBrief || kind === told ? 'debug' : 'warn';
      if (level === 'warn') told = kind;
      log[level]({ err: cause, failures }, 'the consumer ended: starting it again');
      await delay(backoff(failures, RESTART, Math.random()), stopping.signal);
    }
  }

  async function leave(): Promise<void> {
    state = 'draining';
    stopping.abort();
    joined.reject(new NotPreparedError(`The consumer ${group} was stopped.`));
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
    get silentSince() {
      return current?.silentSince;
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
