export interface Benchmark<Options> {
  help: string;
  /** @returns undefined when help is asked for */
  readOptions(): Options | undefined;
  /** @returns whether all that was promised was kept */
  measure(options: Options, life: Life): Promise<boolean>;
}

/** How long a benchmark goes on: until it is interrupted, or its system loses a part. */
export interface Life {
  /** Aborted when it is interrupted: ends every process that was started with it, and what waits. */
  signal: AbortSignal;
  /** For the system to tell of such a part. */
  onExit(error: Error): void;
  /** What the work comes to, unless life ends before it. To be awaited where the system is: returned as a promise it would outlive that. */
  spend<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A benchmark as a command. @returns the exit code of its process, when all that it has started has ended */
export async function runBench<Options>({ help, readOptions, measure }: Benchmark<Options>): Promise<number> {
  const interrupted = new AbortController();
  let code = 0;
  for (const [signal, itsCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      console.log(' stopping');
      code ||= itsCode;
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
  } catch (thrown) {
    // Once it is interrupted, whatever is under way fails.
    const error: unknown = interrupted.signal.aborted ? interrupted.signal.reason : thrown;
    console.error(error instanceof Error ? error.message : error);
    return code || 2;
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
