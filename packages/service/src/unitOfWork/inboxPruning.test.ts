import { topics } from '@brew/events';
import type { Database } from '@brew/postgres';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { inboxPruning } from './inboxPruning.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;
const DAY_MS = 86_400_000;

/** Prunes once, while it finds these numbers of old events at a time, and tells what it asked the database for. */
async function prune(read: Parameters<typeof inboxPruning>[1], ...found: number[]) {
  const asked: unknown[][] = [];
  const done = Promise.withResolvers<void>();
  const query = async (_text: string, values: unknown[]) => {
    asked.push(values);
    if (asked.length === found.length) done.resolve();
    return { rowCount: found[asked.length - 1] ?? 0 };
  };
  const pruning = inboxPruning({ query } as unknown as Database, read);
  await pruning.start(never, log);
  if (found.length > 0) await done.promise;
  await pruning.stop();
  return asked;
}

describe('the inbox forgets', () => {
  it('what no topic holds any more, the longest retention and a day on top', async () => {
    expect(await prune([topics.kitchen, topics.orders, topics.shipments], 3)).toEqual([[31 * DAY_MS, 5_000]]);
    expect(await prune([topics.kitchen], 3)).toEqual([[8 * DAY_MS, 5_000]]);
  });

  it('all that is due at once, however much it is', async () => {
    expect(await prune([topics.orders], 5_000, 5_000, 4_999)).toHaveLength(3);
  });

  it('nothing when it reads a topic that holds its records for ever', async () => {
    expect(await prune([topics.orders, topics.menu])).toEqual([]);
  });
});
