import type { Tx } from '@brew/postgres';

/** What a key was used for before. */
export interface EarlierUse {
  fingerprint: Buffer;
  orderId: string;
}

/**
 * Takes an idempotency key for an order that is about to be placed. While another transaction holds the same key this
 * waits for its end: of requests that come at once one places the order, the others find it.
 * @returns undefined when the key is ours, else what it was used for
 */
export async function claimIdempotencyKey(
  tx: Tx,
  key: string,
  fingerprint: Buffer,
  orderId: string,
): Promise<EarlierUse | undefined> {
  const { rowCount } = await tx.query(
    `insert into idempotency_keys (key, fingerprint, order_id) values ($1, $2, $3) on conflict do nothing`,
    [key, fingerprint, orderId],
  );
  if (rowCount === 1) return undefined;
  const { rows } = await tx.query<{ fingerprint: Buffer; order_id: string }>(
    'select fingerprint, order_id from idempotency_keys where key = $1',
    [key],
  );
  const [earlier] = rows;
  // Forgotten between the two statements, by age: a key that old is free again, and asking again will take it.
  if (earlier === undefined) return claimIdempotencyKey(tx, key, fingerprint, orderId);
  return { fingerprint: earlier.fingerprint, orderId: earlier.order_id };
}

/** Forgets the keys older than `hours`: nobody repeats a request after that. */
export async function forgetIdempotencyKeys(tx: Tx, hours: number): Promise<void> {
  await tx.query('delete from idempotency_keys where created_at < now() - make_interval(hours => $1)', [
    hours,
  ]);
}
