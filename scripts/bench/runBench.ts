export interface Benchmark<Options> {
  help: string;
  /** @returns undefined when help is asked for */
  readOptions(): Options | undefined;
  /** @returns whether all that was promised was kept */
  measure(options: Options, life: Life): Promise<boolean>;
}

/** How long a benchmark goes on: until it is interrupted, or its system loses a part. */
export interface Life {
  signal: AbortSignal;
  /** For the system to tell of such a part. */
  onExit(error: Error): void;
  /** What the work comes to, unless life ends before it. To be awaited where the system is: returned as a promise it would outlive that. */
  spend<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A benchmark as a command. @returns the exit code of its process */
export async function runBench<Options>({ help, readOptions, measure }: Benchmark<Options>): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log(' stopping');
      interrupted.abort(new Error('Interrupted.'));
    });
  }
  try {
    const options = readOptions();
    if (options === undefined) {
      console.log(help);
      return 0;
    }
    return (await measure(options, lifeUntil(interrupted.signal))) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return interrupted.signal.aborted ? 130 : 2;
  }
}

function lifeUntil(signal: AbortSignal): Life {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  signal.addEventListener('abort', () => ended.reject(signal.reason));
  return {
    signal,
    onExit: ended.reject,
    spend: (work) => Promise.race([work(), ended.promise]),
  };
}
