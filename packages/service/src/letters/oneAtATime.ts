/**
 * Lets one call run after the other. Each holds a connection for its transaction and needs another one to look at Kafka: as many as the
 * pool has connections would wait for each other.
 */
export function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = last.then(run);
    last = result.catch(() => {});
    return result;
  };
}

export type Turns = ReturnType<typeof createTurns>;
