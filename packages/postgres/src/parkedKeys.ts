import type { Tx } from './database.ts';

/** The keys with a record in the dead letter queue, kept in the service's own database so that they outlive it. */
export interface ParkedKeys {
  /** Those of `keys` that are parked. */
  has(topic: string, keys: readonly Buffer[]): Promise<Buffer[]>;
  /** Idempotent: a key stays parked since it was first. */
  add(topic: string, keys: readonly Buffer[]): Promise<void>;
}

export function createParkedKeys(db: Tx): ParkedKeys {
  return {
    async has(topic, keys) {
      const { rows } = await db.query<{ key: Buffer }>(
        `select key from parked_keys
         where topic = $1 and key_hash in (select sha256(key) from unnest($2::bytea[]) as asked (key))`,
        [topic, keys],
      );
      return rows.map((row) => row.key);
    },
    async add(topic, keys) {
      // Sorted: two that park the same keys in different orders would deadlock.
      await db.query(
        `insert into parked_keys (topic, key)
         select distinct $1::text, key from unnest($2::bytea[]) as parked (key) order by key
         on conflict do nothing`,
        [topic, keys],
      );
    },
  };
}
