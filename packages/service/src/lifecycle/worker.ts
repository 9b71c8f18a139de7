import { delay } from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import { createOutageLog } from './outageLog.ts';
import type { Health, Part } from './part.ts';
import { createWaker, type Waker } from './waker.ts';

export interface WorkerOptions {
  name: string;
  /** Longest pause between two runs, in milliseconds, while there is nothing to do. */
  everyMs: number;
  /**
   * Shortest pause between two runs, in milliseconds, however much there is to do and however often it is poked: what
   * comes meanwhile is done together, which costs less. Default: none.
   */
  restMs?: number;
  /**
   * One run. `true`: there is more to do, run again at once. `false`: pause. A number: something is due in so many
   * milliseconds (or was, if negative), pause no longer than that. `'held'`: something is due, but somebody else holds it: look again
   * soon. A throw is logged (an outage once), and tried again with backoff.
   */
  run(signal: AbortSignal): Promise<Next>;
  /** Whether a run waits for what comes, or rebuilds something: then its length says nothing about its health. */
  mayTakeLong?: boolean;
  /** Ends its pauses: for those who have to wake it before it can be made. By default one of its own. */
  waker?: Waker;
}

type Next = boolean | number | 'held';

/** Work that is found by looking: due jobs, time-outs, what is old enough to be deleted. */
export interface Worker extends Part {
  /** Down when it has something to do and has not got on for 10 s, with what holds it up; one failure alone is none. */
  health(): Health | Promise<Health>;
  /** Look now instead of at the end of the pause. */
  poke(): void;
}

interface PlainWorker extends Worker {
  health(): Health;
}

const MAX_BACKOFF_MS = 30_000;
/** While something is away: it is to go on soon after that is back. */
const MAX_OUTAGE_BACKOFF_MS = 3_000;
/** How soon to look again at what somebody else holds. */
const HELD_MS = 50;
/** Longer than an outage that nobody has to look at, and than any run takes. */
const SLOW_MS = 10_000;

/** Runs one at a time. stop() aborts the signal of the run in flight and waits for its end. */
export function worker(options: WorkerOptions): PlainWorker {
  const { name, everyMs, restMs = 0, run, mayTakeLong = false, waker = createWaker() } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;
  let failures = 0;
  let lastError: Error | undefined;
  /** When the run began that is under way. */
  let runningSince: number | undefined;
  /** When the first of those runs began that all failed, or found what is due held. */
  let stalledSince: number | undefined;

  async function loop(log: Logger): Promise<void> {
    const troubles = createOutageLog(log);
    while (!signal.aborted) {
      let next: Next = false;
      const began = performance.now();
      runningSince = began;
      try {
        next = await run(signal);
        troubles.over('worker goes on', { worker: name });
        failures = 0;
        lastError = undefined;
        stalledSince = next === 'held' ? (stalledSince ?? began) : undefined;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        lastError = error as Error;
        stalledSince ??= began;
        troubles.note(error, 'worker failed', { worker: name, attempt: failures });
      } finally {
        runningSince = undefined;
      }
      if (restMs > 0) await delay(restMs, signal);
      if (next === true) continue;
      const dueInMs = dueIn(next); // without jitter: it would only be late
      await waker.pause(Math.max(0, Math.min(pauseMs(), dueInMs) - restMs), signal);
    }
  }

  /** Jittered, so that the workers of several instances drift apart instead of meeting at the same rows. */
  function pauseMs(): number {
    const most = isOutage(lastError) ? MAX_OUTAGE_BACKOFF_MS : MAX_BACKOFF_MS;
    const pause = failures === 0 ? everyMs : Math.min(most, Math.max(everyMs, 200) * 2 ** (failures - 1));
    return pause * (0.9 + Math.random() * 0.2);
  }

  return {
    name,
    async start(_signal, log) {
      running ??= loop(log);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health() {
      const since = stalledSince ?? (mayTakeLong ? undefined : runningSince);
      const ms = since === undefined ? 0 : performance.now() - since;
      if (ms < SLOW_MS)
        return lastError ? { up: true, detail: `trying again: ${lastError.message}` } : { up: true };
      const why =
        lastError?.message ?? (runningSince === since ? 'a run does not end' : 'somebody else holds it');
      return { up: false, detail: `has not got on for ${Math.round(ms / 1_000)} s: ${why}` };
    },
    poke: waker.wake,
  };
}

function dueIn(next: Exclude<Next, true>): number {
  if (next === 'held') return HELD_MS;
  return next === false ? Number.POSITIVE_INFINITY : next;
}
