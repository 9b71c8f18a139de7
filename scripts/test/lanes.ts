/** Something to be done; it takes so many of the lanes at once. */
export interface Job<Outcome> {
  width: number;
  run: () => Promise<Outcome>;
}

/**
 * Does jobs side by side, in their order: each begins when as many lanes are free as it takes, and no other goes before it.
 * @returns what they come to, in the same order
 * @throws what the first of them throws, once all that had begun are through
 */
export async function inLanes<Outcome>(lanes: number, jobs: readonly Job<Outcome>[]): Promise<Outcome[]> {
  let free = lanes;
  let wake = () => {};
  const running: Promise<Outcome>[] = [];
  for (const { width, run } of jobs) {
    const needed = Math.min(width, lanes);
    while (free < needed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    free -= needed;
    const outcome = run().finally(() => {
      free += needed;
      wake();
    });
    outcome.catch(() => {});
    running.push(outcome);
  }
  await Promise.allSettled(running);
  return Promise.all(running);
}
