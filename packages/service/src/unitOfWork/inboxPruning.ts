import type { Topic } from '@brew/events';
import { type Database, pruneInbox } from '@brew/postgres';
import { type Worker, worker } from '../lifecycle/worker.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const BATCH = 5_000;

/**
 * Forgets events that no topic holds any more. Until then they can come again, if only because somebody sets the
 * group's offsets back to the beginning; a day on top covers what the brokers have not deleted yet.
 */
export function inboxPruning(db: Database, topics: readonly Topic[]): Worker {
  const keepMs = Math.max(...topics.map(retentionMs)) + DAY_MS;
  return worker({
    name: 'inbox-pruning',
    everyMs: 10 * 60 * 1000,
    run: async () => Number.isFinite(keepMs) && (await pruneInbox(db, keepMs, BATCH)) === BATCH,
  });
}

/** A compacted topic keeps the last record of each key for ever. */
function retentionMs({ config }: Topic): number {
  return config['cleanup.policy'] === 'delete' ? Number(config['retention.ms']) : Number.POSITIVE_INFINITY;
}
