/**
 * Waits for a fact instead of for a while: asks again every few milliseconds until the answer is truthy, and
 * returns it. Use it wherever a test would otherwise sleep.
 *
 * @param fact what must become true; an exception counts as "not yet" and is shown if the wait ends in vain
 * @param options.timeoutMs how long to wait at most. The default, three minutes, is there to end what hangs, also on a machine
 *   that is busy with other tests
 * @param options.what what is waited for, as it should stand in the error: "the order to be delivered"
 * @throws when the fact is still not there after `timeoutMs`, with the last answer or exception
 */
export async function until<Fact>(
  fact: () => Fact | Promise<Fact>,
  { timeoutMs = 180_000, what = 'the awaited fact' }: { timeoutMs?: number; what?: string } = {},
): Promise<Exclude<Fact, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + timeoutMs;
  let pauseMs = 10;
  while (true) {
    let last: unknown;
    try {
      const answer = await fact();
      if (answer) return answer as Exclude<Fact, false | null | undefined | 0 | ''>;
      last = `the last answer was ${JSON.stringify(answer)}`;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      const why = last instanceof Error ? last.message : String(last);
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}: ${why}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    // Quick facts are seen quickly, slow ones don't cost a core.
    pauseMs = Math.min(pauseMs * 1.5, 200);
  }
}
