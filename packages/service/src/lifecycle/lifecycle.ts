import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** failed: start() threw; whatever had been started was stopped again. */
export type ServiceState = 'created' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed';

/** One thing to start, and to stop in the reverse order. */
export interface Step {
  name: string;
  start?(signal: AbortSignal): Promise<void>;
  stop?(): Promise<void>;
}

export interface Lifecycle {
  readonly state: ServiceState;
  /** The step that start() is at. */
  readonly step: string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What stop() may take, all steps together. */
const STOP_MS = 4_000;
/** No step may use up what the others need, and the last ones get some time even when the first were slow. */
const STEP_MS = { most: 2_000, least: 200 };
/** After this long at one step, the log says what start() waits for. */
const SLOW_START_MS = 5_000;

/** Starts steps in order and stops those that were begun, last first. Concurrent calls share one promise. */
export function createLifecycle(
  steps: readonly Step[],
  log: Logger,
  { stopMs = STOP_MS }: { stopMs?: number } = {},
): Lifecycle {
  let state: ServiceState = 'created';
  let step: Step | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const begun: Step[] = [];
  const stopped = new AbortController();

  async function startAll(): Promise<void> {
    state = 'starting';
    const began = performance.now();
    try {
      for (step of steps) {
        stopped.signal.throwIfAborted();
        begun.push(step);
        await startOne(step);
      }
      stopped.signal.throwIfAborted();
    } catch (error) {
      if (stopped.signal.aborted) throw error;
      await stopAll();
      state = 'failed';
      throw error;
    } finally {
      step = undefined;
    }
    state = 'running';
    log.info({ ms: Math.round(performance.now() - began) }, 'running');
  }

  async function startOne({ name, start }: Step): Promise<void> {
    const since = performance.now();
    const reminder = setInterval(() => {
      log.info({ step: name, seconds: Math.round((performance.now() - since) / 1000) }, 'still starting');
    }, SLOW_START_MS);
    try {
      await start?.(stopped.signal);
    } finally {
      clearInterval(reminder);
    }
  }

  async function stopAll(): Promise<void> {
    const deadline = performance.now() + stopMs;
    for (const { name, stop } of begun.splice(0).reverse()) {
      if (!stop) continue;
      const left = Math.min(STEP_MS.most, Math.max(STEP_MS.least, deadline - performance.now()));
      const late = await inTime(stop(), left).catch((error) =>
        log.warn({ err: error, step: name }, 'stopping failed'),
      );
      if (late) log.warn({ step: name }, 'did not stop in time: what it had not finished is done again');
    }
  }

  async function drain(): Promise<void> {
    const wasCreated = state === 'created';
    state = 'draining';
    stopped.abort(new Error('stopped while it started'));
    if (!wasCreated) {
      // What the steps wait for is aborted now; who doesn't listen to that is stopped all the same.
      await inTime(starting ?? Promise.resolve(), 500).catch(() => {});
      await stopAll();
    }
    state = 'stopped';
    log.info('stopped');
  }

  return {
    get state() {
      return state;
    },
    get step() {
      return step?.name;
    },
    start() {
      if (stopping) return Promise.reject(new Error('It was stopped: make a new one to start again.'));
      starting ??= startAll();
      return starting;
    },
    stop() {
      if (state !== 'failed') stopping ??= drain();
      return stopping ?? Promise.resolve();
    },
  };
}

/** Waits for `promise`, `ms` at most; true when that was not enough. */
async function inTime(promise: Promise<void>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, true, { signal: timer.signal }).catch(() => false);
  return await Promise.race([promise.then(() => false), late]).finally(() => timer.abort());
}
