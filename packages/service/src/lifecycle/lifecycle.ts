import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** failed: start() threw; whatever had been started was stopped again. */
export type ServiceState = 'created' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed';

/** One thing to start, and to stop in the reverse order. */
export interface Step {
  name: string;
  /** Its start goes on beside those after it, and is waited for last, and not for long. */
  mayComeLater?: boolean | undefined;
  start?(signal: AbortSignal): Promise<void>;
  stop?(): Promise<void>;
}

export interface Lifecycle {
  readonly state: ServiceState;
  /** The step that start() is at. Undefined once it runs, also when some that may come later have yet to. */
  readonly step: string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What stop() may take, all steps together. */
const STOP_MS = 4_000;
/** No step may use up what the others need, and the last ones get some time even when the first were slow. */
const STEP_MS = { most: 2_000, least: 200 };
/**
 * How long start() waits for what may come later. When all is well it comes in a second or two, and who asks whether we
 * are ready should not find a half of us; when it is away, nobody knows for how long.
 */
const LATE_START_MS = 5_000;
/** After this long at one step, the log says what start() waits for. */
const SLOW_START_MS = 5_000;

/** Starts steps in order and stops those that were begun, last first. Concurrent calls share one promise. */
export function createLifecycle(
  steps: readonly Step[],
  log: Logger,
  { stopMs = STOP_MS, lateStartMs = LATE_START_MS }: { stopMs?: number; lateStartMs?: number } = {},
): Lifecycle {
  let state: ServiceState = 'created';
  let step: Step | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const begun: Step[] = [];
  /** Those that may come later and have not come yet. */
  const late = new Map<Step, Promise<void>>();
  const stopped = new AbortController();

  async function startAll(): Promise<void> {
    state = 'starting';
    const began = performance.now();
    try {
      for (step of steps) {
        stopped.signal.throwIfAborted();
        begun.push(step);
        if (step.mayComeLater) startLater(step);
        else await startOne(step);
      }
      const deadline = performance.now() + lateStartMs;
      for (const [waitedFor, started] of [...late]) {
        step = waitedFor;
        await inTime(started, Math.max(0, deadline - performance.now()));
      }
      stopped.signal.throwIfAborted();
    } catch (error) {
      if (stopped.signal.aborted) throw error;
      stopped.abort(error); // for those that are still starting
      await stopAll();
      state = 'failed';
      throw error;
    } finally {
      step = undefined;
    }
    state = 'running';
    const without = [...late.keys()].map(({ name }) => name);
    log.info(
      { ms: Math.round(performance.now() - began), ...(without.length > 0 && { without }) },
      'running',
    );
  }

  async function startOne({ name, start }: Step): Promise<void> {
    const since = performance.now();
    const reminder = setInterval(() => {
      if (state === 'starting')
        log.info({ step: name, seconds: Math.round((performance.now() - since) / 1000) }, 'still starting');
    }, SLOW_START_MS);
    try {
      await start?.(stopped.signal);
    } finally {
      clearInterval(reminder);
    }
  }

  function startLater(step: Step): void {
    const { name } = step;
    const started = startOne(step).then(() => {
      late.delete(step);
      if (state === 'running') log.info({ step: name }, 'started late');
    });
    late.set(step, started);
    // Once nobody waits for it any more, its failure is at least said.
    started.catch((error) => {
      if (state === 'running') log.error({ err: error, step: name }, 'could not start');
    });
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
