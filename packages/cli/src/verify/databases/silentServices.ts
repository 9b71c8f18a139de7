/** Longer than an answer takes. */
const PATIENCE_MS = 5_000;

/**
 * Who does not answer: what they have not handled yet is in no database.
 * @param services their base addresses, by name
 */
export async function silentServices(
  services: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string[]> {
  const silent = Object.entries(services).map(async ([name, url]) => {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const answer = await fetch(`${url}/health/live`, { signal: patience }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer ? [] : [name];
  });
  return (await Promise.all(silent)).flat();
}
