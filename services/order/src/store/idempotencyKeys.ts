import type { Tx } from '@brew/postgres';

/** What a key is used for. */
export interface KeyUse {
  key: string;
  /** SHA-256 of the request: the same key with another body is a mistake of the caller. */
  fingerprint: Buffer;
  orderId: string;
}

/** Reads what keys were used for before; those that never were are left out. */
export async function findIdempotencyKeys(tx: Tx, keys: readonly string[]): Promise<Map<string, KeyUse>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<KeyUse>(
    `select key, fingerprint, order_id as "orderId" from idempotency_keys where key = any($1::text[])`,
    [keys],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

/**
 * Takes keys for orders that are about to be placed. While another transaction holds one of them this waits for its
 * end: of requests that come at once one places the order.
 * @returns the keys that are ours; the others were taken in the meantime
 */
export async function claimIdempotencyKeys(tx: Tx, uses: readonly KeyUse[]): Promise<Set<string>> {
  if (uses.length === 0) return new Set();
  // Sorted: two transactions that claim the same keys in different orders would deadlock.
  const { rows } = await tx.query<{ key: string }>(
    `insert into idempotency_keys (key, fingerprint, order_id)
     select * from unnest($1::text[], $2::bytea[], $3::text[]) as uses (key, fingerprint, order_id) order by key
     on conflict do nothing
     returning key`,
    [
      uses.map(({ key }) => key),
      uses.map(({ fingerprint }) => fingerprint),
      uses.map(({ orderId }) => orderId),
    ],
  );
  return new Set(rows.map((row) => row.key));
}

/** Forgets the keys older than `hours`: nobody repeats a request after that. */
export async function forgetIdempotencyKeys(tx: Tx, hours: number): Promise<void> {
  await tx.query('delete from idempotency_keys where created_at < now() - make_interval(hours => $1)', [
    hours,
  ]);
}
