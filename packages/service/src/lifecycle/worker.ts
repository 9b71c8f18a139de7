import { delay } from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Part } from './part.ts';
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
   * milliseconds (or was, if negative), pause no longer than that. A throw is logged, and tried again with backoff.
   */
  run(signal: AbortSignal): Promise<boolean | number>;
  /** Ends its pauses: for those who have to wake it before it can be made. By default one of its own. */
  waker?: Waker;
}

/** Work that is found by looking: due jobs, time-outs, what is old enough to be deleted. */
export interface Worker extends Part {
  /** Look now instead of at the end of the pause. */
  poke(): void;
}

const MAX_BACKOFF_MS = 30_000;

/** Runs one at a time. stop() aborts the signal of the run in flight and waits for its end. */
export function worker({ name, everyMs, restMs = 0, run, waker = createWaker() }: WorkerOptions): Worker {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;
  let failures = 0;
  let lastError: Error | undefined;

  async function loop(log: Logger): Promise<void> {
    while (!signal.aborted) {
      let next: boolean | number = false;
      try {
        next = await run(signal);
        failures = 0;
        lastError = undefined;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        lastError = error as Error;
        log[isOutage(error) ? 'warn' : 'error'](
          { err: error, worker: name, attempt: failures },
          'worker failed',
        );
      }
      if (restMs > 0) await delay(restMs, signal);
      if (next === true) continue;
      const dueInMs = next === false ? Number.POSITIVE_INFINITY : next; // without jitter: it would only be late
      await waker.pause(Math.max(0, Math.min(pauseMs(), dueInMs) - restMs), signal);
    }
  }

  /** Jittered, so that the workers of several instances drift apart instead of meeting at the same rows. */
  function pauseMs(): number {
    const pause =
      failures === 0 ? everyMs : Math.min(MAX_BACKOFF_MS, Math.max(everyMs, 200) * 2 ** (failures - 1));
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
    health: () => (lastError ? { up: false, detail: lastError.message } : { up: true }),
    poke: waker.wake,
  };
}
