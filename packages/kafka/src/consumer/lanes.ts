export interface Lanes {
  /** Runs `task` after all earlier tasks of the same lane. */
  run<Result>(partition: number, task: () => Promise<Result>): Promise<Result>;
}

/** Work of one partition number runs one after the other; at most `count` works run at the same time. */
export function createLanes(count: number): Lanes {
  const ends = new Map<number, Promise<unknown>>();
  return {
    run(partition, task) {
      const lane = partition % count;
      const result = (ends.get(lane) ?? Promise.resolve()).then(task);
      ends.set(
        lane,
        result.catch(() => undefined),
      );
      return result;
    },
  };
}
