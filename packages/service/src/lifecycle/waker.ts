/** A pause that can be cut short: for loops that look regularly, and at once when told that there is something. */
export interface Waker {
  /** Ends the current pause; if there is none, the next one ends at once, so no call is lost. */
  wake(): void;
  /** Resolves after `ms`, when woken, or when `signal` is aborted. Never rejects. @returns whether it was woken */
  pause(ms: number, signal: AbortSignal): Promise<boolean>;
}

export function createWaker(): Waker {
  let woken = false;
  let resume: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      resume?.();
    },
    async pause(ms, signal) {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          const timer = setTimeout(done, ms);
          signal.addEventListener('abort', done);
          resume = done;
        });
      }
      resume = undefined;
      const was = woken;
      woken = false;
      return was;
    },
  };
}
