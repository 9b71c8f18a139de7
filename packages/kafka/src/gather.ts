import { delay } from './delay.ts';

/** What became of one item: its result, or the error that its caller gets. */
export type Outcome<Result> = Result | Error;

export interface GatherOptions<Item> {
  /** The most that a run takes: what one transaction holds, and what is done again when it fails. */
  limit: number;
  /** What an item counts of the limit; 1 when left out. An item that is more than the limit runs alone. */
  sizeOf?: (item: Item) => number;
  /**
   * The shortest time between the beginnings of two runs, in milliseconds; 0 when left out. Who comes after a pause is
   * served at once; under load, runs are fewer and larger, and each item costs less.
   */
  paceMs?: number;
  /** Waited for before it is chosen what the next run takes. */
  mayRun?: () => Promise<void>;
  /** Whether an error, such as an outage, is everybody's: then it is told to all, instead of met again for each. */
  concernsAll?: (error: unknown) => boolean;
}

/**
 * Group commit: what is asked for while a run is under way goes into the next one, together. One transaction, and one
 * wait for the disk, serves everybody who came in the meantime; somebody who comes alone waits for nobody.
 *
 * If a run fails, its items are run one by one, so that nobody suffers from what another one asked for.
 *
 * @param run does the work for items in the order in which they came; all of it or, by throwing, nothing
 * @returns what callers call, each with one item; `alone`, it is run next, by itself, and without regard to the pace, but others that are due have
 * their turn between two of these; once `signal` is aborted, what still waits is dropped, and its caller gets the signal's reason
 */
export function gather<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>,
  { limit, sizeOf = () => 1, paceMs = 0, mayRun, concernsAll = () => false }: GatherOptions<Item>,
): (item: Item, options?: { alone?: boolean; signal?: AbortSignal | undefined }) => Promise<Result> {
  interface Call {
    item: Item;
    alone: boolean;
    resolve(result: Result): void;
    reject(error: unknown): void;
  }
  const waiting: Call[] = [];
  let running = false;
  let nextRunAt = 0;
  let ranAlone = false;
  let rest = new AbortController();

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      if (!waiting[0]?.alone) {
        const restMs = nextRunAt - performance.now();
        if (restMs > 0) await delay(restMs, rest.signal);
      }
      rest = new AbortController();
      await mayRun?.();
      // Somebody may have come meanwhile who does not wait for the pace, and does not change it either.
      ranAlone = countAlone() > 0 && !(ranAlone && othersAreDue());
      if (!ranAlone) nextRunAt = performance.now() + paceMs;
      const calls = ranAlone ? waiting.splice(0, 1) : take();
      if (calls.length > 0) await runTogether(calls);
    }
    running = false;
  }

  /** Who runs alone may do so again and again, for as long as it fails. */
  const othersAreDue = () => waiting.length > countAlone() && performance.now() >= nextRunAt;

  function take(): Call[] {
    const start = countAlone();
    let size = 0;
    const end = waiting.findIndex(({ item }, index) => {
      if (index >= start) size += sizeOf(item);
      return index > start && size > limit;
    });
    return waiting.splice(start, (end === -1 ? waiting.length : end) - start);
  }

  /** Those that run alone stand in front, in the order in which they came. */
  function countAlone(): number {
    const first = waiting.findIndex(({ alone }) => !alone);
    return first === -1 ? waiting.length : first;
  }

  async function runTogether(calls: readonly Call[]): Promise<void> {
    try {
      const outcomes = await run(calls.map(({ item }) => item));
      for (const [index, { resolve, reject }] of calls.entries()) {
        const outcome = outcomes[index];
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome as Result);
      }
    } catch (error) {
      if (calls.length === 1 || concernsAll(error)) {
        for (const { reject } of calls) reject(error);
      } else {
        for (const call of calls) await runTogether([call]);
      }
    }
  }

  return (item, { alone = false, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const drop = () => {
        const index = waiting.indexOf(call);
        if (index === -1) return; // its run has begun
        waiting.splice(index, 1);
        reject(signal?.reason);
      };
      const settled =
        <Value>(settle: (value: Value) => void) =>
        (value: Value) => {
          signal?.removeEventListener('abort', drop);
          settle(value);
        };
      const call: Call = { item, alone, resolve: settled(resolve), reject: settled(reject) };
      signal?.addEventListener('abort', drop, { once: true });
      if (alone) waiting.splice(countAlone(), 0, call);
      else waiting.push(call);
      if (alone) rest.abort();
      if (running) return;
      running = true;
      // Not at once: what the event loop has read from other connections by now comes along.
      setImmediate(runAll);
    });
}
