import { poll } from './poll.ts';

/** Longer than a service waits for its parts to say how they are (ANSWER_MS in health.ts of @brew/service): then its answer says why. */
const PATIENCE_MS = 5_000;

/**
 * Resolves when a health address answers 2xx.
 *
 * @param options.onAnswer sees every answer, also those that say "not yet" and why
 */
export async function healthAnswers(
  url: string,
  options: { signal: AbortSignal; timeoutMs: number; onAnswer?: (body: string) => void },
): Promise<void> {
  const { signal, timeoutMs, onAnswer } = options;
  await poll(
    async () => {
      const response = await fetch(url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      const body = await response.text();
      onAnswer?.(body);
      if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body}`);
    },
    { timeoutMs, signal },
  );
}
