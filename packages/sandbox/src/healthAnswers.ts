import { poll } from './poll.ts';

/** Resolves when a health address answers 2xx. */
export async function healthAnswers(
  url: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  await poll(
    async () => {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) });
      const body = await response.text();
      if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body}`);
    },
    { timeoutMs, signal },
  );
}
