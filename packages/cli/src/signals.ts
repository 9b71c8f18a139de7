/** One Ctrl-C may come twice: from the terminal, and from npm, which passes it on. */
const SAME_KEY_MS = 300;
/** These end it in order; a terminal that is closed sends SIGHUP, and must leave nothing behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Until it is disposed of, signals end nothing by themselves.
 * @param first called when the end is asked for
 * @param again called whenever it is asked for once more
 */
export function onSignals(first: () => void, again: () => void): Disposable {
  let askedAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt < SAME_KEY_MS) return;
    const act = askedAt === undefined ? first : again;
    askedAt = now;
    act();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
