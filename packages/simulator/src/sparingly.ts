/** How often the same may be said, in milliseconds. */
const EVERY_MS = 10_000;

/**
 * Says the first of everything at once, and what comes again not more than every ten seconds, with how often it came:
 * thousands who fail for one reason are one line. It is said when it comes again, so the last ones may stay unsaid.
 */
export function sparingly(
  say: (reason: string, times: number) => void,
  now = () => performance.now(),
): (reason: string) => void {
  const seen = new Map<string, { saidAt: number; times: number }>();
  return (reason) => {
    const at = now();
    const last = seen.get(reason);
    const times = (last?.times ?? 0) + 1;
    if (last && at - last.saidAt < EVERY_MS) {
      last.times = times;
      return;
    }
    // Reasons may be different each time: what was not heard of for a while is forgotten.
    for (const [old, { saidAt }] of seen) if (at - saidAt >= EVERY_MS) seen.delete(old);
    seen.set(reason, { saidAt: at, times: 0 });
    say(reason, times);
  };
}
