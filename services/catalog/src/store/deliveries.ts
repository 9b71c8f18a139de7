import type { Tx } from '@brew/postgres';

/** A delivery that may be repeated. */
export interface KeyedDelivery {
  cafeId: string;
  key: string;
  /** SHA-256 of the request. */
  fingerprint: Buffer;
}

/**
 * Takes a key for a delivery, for 24 hours, and waits for whoever is just taking it.
 * @returns `repeated`: it was delivered before; `reused`: something else was, under the same key
 */
export async function claimDelivery(
  tx: Tx,
  { cafeId, key, fingerprint }: KeyedDelivery,
): Promise<'new' | 'repeated' | 'reused'> {
  await tx.query(`delete from deliveries where created_at < now() - interval '24 hours'`);
  const { rowCount } = await tx.query(
    'insert into deliveries (cafe_id, key, fingerprint) values ($1, $2, $3) on conflict do nothing',
    [cafeId, key, fingerprint],
  );
  if (rowCount === 1) return 'new';
  const { rows } = await tx.query<{ fingerprint: Buffer }>(
    'select fingerprint from deliveries where cafe_id = $1 and key = $2',
    [cafeId, key],
  );
  return rows[0]?.fingerprint.equals(fingerprint) ? 'repeated' : 'reused';
}
