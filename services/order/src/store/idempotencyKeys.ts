import type { Tx } from '@brew/postgres';

/** What a key is used for. */
export interface KeyUse {
  key: string;
  /** SHA-256 of the request: the same key with another body is a mistake of the caller. */
  fingerprint: Buffer;
  orderId: string;
}

/** Reads what keys are used for; those that are not are left out. */
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
 * end: of requests with the same key, here or elsewhere, one places the order.
 * @returns the ids of the orders that got their key; the keys of the others are in use
 */
export async function claimIdempotencyKeys(tx: Tx, uses: readonly KeyUse[]): Promise<Set<string>> {
  if (uses.length === 0) return new Set();
  // Sorted: two transactions that claim the same keys in different orders would deadlock.
  const { rows } = await tx.query<{ order_id: string }>({
    name: 'claim-idempotency-keys',
    text: `insert into idempotency_keys (key, fingerprint, order_id)
           select * from unnest($1::text[], $2::bytea[], $3::text[]) as uses (key, fingerprint, order_id) order by key
           on conflict do nothing
           returning order_id`,
    values: [
      uses.map(({ key }) => key),
      uses.map(({ fingerprint }) => fingerprint),
      uses.map(({ orderId }) => orderId),
    ],
  });
  return new Set(rows.map((row) => row.order_id));
}

/** Forgets the keys older than `hours`: nobody repeats a request after that. */
export async function forgetIdempotencyKeys(tx: Tx, hours: number): Promise<void> {
  await tx.query('delete from idempotency_keys where created_at < now() - make_interval(hours => $1)', [
    hours,
  ]);
}
