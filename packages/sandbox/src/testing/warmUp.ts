import { stat } from 'node:fs/promises';
import { fetchKafka, fetchRegistry } from '../artifacts/fetch.ts';
import { classArchive, findJdk } from '../artifacts/java.ts';
import { brokerAnswers } from '../kafka/ready.ts';
import { defaultCacheDir } from '../paths.ts';
import { startLoneNode } from './loneNode.ts';

/** A node on a machine that is busy with other tests. */
const STARTS_WITHIN_MS = 300_000;

/**
 * Fetches what is missing, and has a node write down its classes: so that what is started side by side does not do each of these things
 * once for itself, and starts in two thirds of the CPU time.
 */
export async function warmUp(): Promise<void> {
  const jdk = await findJdk();
  const options = { cacheDir: defaultCacheDir, jdk };
  const [{ folder: jars }] = await Promise.all([fetchKafka(options), fetchRegistry(options)]);
  const isThere = await stat(classArchive(jars, jdk)).catch(() => undefined);
  if (isThere) return;
  await using node = await startLoneNode();
  await brokerAnswers(node.port, {
    timeoutMs: STARTS_WITHIN_MS,
    signal: AbortSignal.timeout(STARTS_WITHIN_MS),
  });
  await node.stop();
}
