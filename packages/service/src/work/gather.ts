import { isOutage } from '@brew/postgres';

/** What became of one item: its result, or the error that its caller gets. */
export type Outcome<Result> = Result | Error;

/** How many items a run takes at most: what one transaction holds, and what is done again when it fails. */
const MAX_ITEMS = 200;

/**
 * Group commit: what is asked for while a run is under way goes into the next one, together. One transaction, and one
 * wait for the disk, serves everybody who came in the meantime; somebody who comes alone waits for nobody.
 *
 * If a run fails, its items are run one by one, so that nobody suffers from what another one asked for. An outage
 * concerns all of them, and is told to all.
 *
 * @param run does the work for items in the order in which they came; all of it or, by throwing, nothing
 * @returns what callers call, each with one item
 */
export function gather<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>,
): (item: Item) => Promise<Result> {
  interface Call {
    item: Item;
    resolve(result: Result): void;
    reject(error: unknown): void;
  }
  let waiting: Call[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const calls = waiting.slice(0, MAX_ITEMS);
      waiting = waiting.slice(MAX_ITEMS);
      await runTogether(calls);
    }
    running = false;
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
      if (calls.length === 1 || isOutage(error)) {
        for (const { reject } of calls) reject(error);
      } else {
        for (const call of calls) await runTogether([call]);
      }
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      // Not at once: what the event loop has read from other connections by now comes along.
      setImmediate(runAll);
    });
}
