import type { Tx } from './database.ts';

export interface ParkedKey {
  topic: string;
  key: string;
  records: number;
  reason: string;
  parkedAt: Date;
}

/** The keys with a record in the dead letter queue, kept in the service's own database. */
export interface ParkedKeys {
  /** Those of `keys` that are parked. */
  has(topic: string, keys: string[]): Promise<Set<string>>;
  /** Idempotent but for the count of records; the first reason stays, because the later records only wait behind it. */
  add(topic: string, key: string, reason?: string): Promise<void>;
  all(): Promise<ParkedKey[]>;
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
    async add(topic, key, reason = '') {
      await db.query(
        `insert into parked_keys (topic, key, reason) values ($1, $2, $3)
         on conflict (topic, key) do update set records = parked_keys.records + 1`,
        [topic, key, reason],
      );
    },
    async all() {
      const { rows } = await db.query<ParkedKey>(
        'select topic, key, records, reason, parked_at as "parkedAt" from parked_keys order by parked_at',
      );
      return rows;
    },
  };
}
