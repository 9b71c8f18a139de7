import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 200;

/**
 * Looks, again and again, whether what a group has committed goes back.
 * @param committed where it goes on, by partition, -1 for nowhere; it may fail while brokers are away
 */
export async function watchCommits(
  committed: () => Promise<Map<number, bigint>>,
  { accuse, until, lookMs = LOOK_MS }: { accuse(what: string): void; until: AbortSignal; lookMs?: number },
): Promise<void> {
  const last = new Map<number, bigint>();
  while (!until.aborted) {
    for (const [partition, offset] of await committed().catch(() => new Map<number, bigint>())) {
      // None yet, or taken back, as kafkajs does where what came next was deleted: the next one tells.
      if (offset < 0n) continue;
      const before = last.get(partition) ?? -1n;
      if (offset < before) accuse(`a commit went back from ${before} to ${offset}`);
      last.set(partition, offset);
    }
    await delay(lookMs, undefined, { signal: until }).catch(() => {});
  }
}
