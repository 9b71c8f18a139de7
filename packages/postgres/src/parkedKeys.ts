import type { Tx } from './database.ts';

/** The keys with a record in the dead letter queue, kept in the service's own database so that they outlive it. */
export interface ParkedKeys {
  /** Those of `keys` that are parked. */
  has(topic: string, keys: string[]): Promise<Set<string>>;
  /** Idempotent. */
  add(topic: string, key: string): Promise<void>;
}

export function createParkedKeys(db: Tx): ParkedKeys {
  return {
    async has(topic, keys) {
      const { rows } = await db.query<{ key: string }>(
        'select key from parked_keys where topic = $1 and key = any ($2)',
        [topic, keys],
      );
      return new Set(rows.map((row) => row.key));
    },
    async add(topic, key) {
      await db.query('insert into parked_keys (topic, key) values ($1, $2) on conflict do nothing', [
        topic,
        key,
      ]);
    },
  };
}
