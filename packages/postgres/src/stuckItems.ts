import type { Tx } from './database.ts';

/** Something that a worker could not do, and that is out of the way of everything else it does. */
export interface StuckItem {
  worker: string;
  /** What it is about, such as an order's id. */
  item: string;
  error: string;
  attempts: number;
  firstFailedAt: Date;
  lastFailedAt: Date;
  /** When it is tried again by itself; null when it is set aside and waits for `retryStuckItems`. */
  retryAt: Date | null;
}

const columns = `worker, item, error, attempts, first_failed_at as "firstFailedAt", last_failed_at as "lastFailedAt",
  retry_at as "retryAt"`;

/** One failure more. @returns how many that makes since the item was last set free */
export async function noteFailure(tx: Tx, worker: string, item: string, error: string): Promise<number> {
  const { rows } = await tx.query<{ attempts: number }>(
    `insert into stuck_items as known (worker, item, error) values ($1, $2, $3)
     on conflict (worker, item) do update
       set error = excluded.error, attempts = known.attempts + 1, last_failed_at = now(), retry_at = null
     returning attempts`,
    [worker, item, storable(error)],
  );
  return rows[0]?.attempts ?? 1;
}

/** Has an item tried again by itself, after so many milliseconds. */
export async function retryLater(tx: Tx, worker: string, item: string, ms: number): Promise<void> {
  await tx.query(
    `update stuck_items set retry_at = now() + $3 * interval '1 millisecond' where worker = $1 and item = $2`,
    [worker, item, ms],
  );
}

/** Those that are to be tried again now, the longest waiting first. */
export async function dueStuckItems(tx: Tx, worker: string, limit: number): Promise<string[]> {
  const { rows } = await tx.query<{ item: string }>({
    name: 'due-stuck-items',
    text: `select item from stuck_items where worker = $1 and retry_at <= now() order by retry_at limit $2`,
    values: [worker, limit],
  });
  return rows.map(({ item }) => item);
}

/** It was done, or there is nothing left to do. */
export async function forgetStuckItem(tx: Tx, worker: string, item: string): Promise<void> {
  await tx.query('delete from stuck_items where worker = $1 and item = $2', [worker, item]);
}

/** Those that are set aside, the oldest first; of one worker, or of all. */
export async function listStuckItems(
  tx: Tx,
  { worker, limit = 1_000 }: { worker?: string; limit?: number } = {},
): Promise<StuckItem[]> {
  const { rows } = await tx.query<StuckItem>(
    `select ${columns} from stuck_items where retry_at is null and ($1::text is null or worker = $1)
     order by first_failed_at, worker, item limit $2`,
    [worker ?? null, limit],
  );
  return rows;
}

/**
 * Has items tried again that were set aside, as if for the first time: by the worker's next run.
 * @param items left out: all of the worker's
 * @returns how many they are
 */
export async function retryStuckItems(tx: Tx, worker: string, items?: readonly string[]): Promise<number> {
  const { rowCount } = await tx.query(
    `update stuck_items set retry_at = now(), attempts = 0
     where worker = $1 and retry_at is null and ($2::text[] is null or item = any ($2))`,
    [worker, items ?? null],
  );
  return rowCount ?? 0;
}

/** How many are set aside: of one worker, or of all. */
export async function countStuckItems(tx: Tx, worker?: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select count(*)::int as count from stuck_items where retry_at is null and ($1::text is null or worker = $1)`,
    [worker ?? null],
  );
  return rows[0]?.count ?? 0;
}

const MAX_ERROR = 2_000;

/** PostgreSQL takes no NUL, and an error may quote anything. */
const storable = (text: string) => text.replaceAll('\0', '\uFFFD').slice(0, MAX_ERROR).toWellFormed();
