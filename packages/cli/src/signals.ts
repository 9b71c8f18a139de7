/** One Ctrl-C may come twice: from the terminal, and from npm, which passes it on. */
const SAME_KEY_MS = 300;
/** These end it in order; a terminal that is closed sends SIGHUP, and must leave nothing behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Until it is disposed of, signals end nothing by themselves.
 * @param first called when the end is asked for
 * @param again called whenever it is asked for once more, with the signal
 */
export function onSignals(first: () => void, again: (signal: NodeJS.Signals) => void): Disposable {
  let askedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt < SAME_KEY_MS) return;
    const isFirst = askedAt === undefined;
    askedAt = now;
    if (isFirst) first();
    else again(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
