import { createHash } from 'node:crypto';
import type { Database, Tx } from './database.ts';

/** A key of a topic. Its hash is enough: of a letter that only points to a record with a large key, nothing else may be known. */
export interface TopicKey {
  topic: string;
  keyHash: Buffer;
}

/** What to hold: some keys become parked, or stay so; others are asked about. */
export interface Holding {
  /** Become parked, if they are not yet. */
  mark: readonly { topic: string; key: Buffer }[];
  /** Are only looked at. */
  ask: readonly { topic: string; key: Buffer }[];
}

/** The keys with a record in the dead letter queue, kept in the service's own database so that they outlive it. */
export interface ParkedKeys {
  /** Those of `keys` that are parked: a look, which holds nothing. */
  has(topic: string, keys: readonly Buffer[]): Promise<Buffer[]>;
  /**
   * Does `work` while nobody else parks these keys or lets them go. What it gets says of each key whether it is parked. When it throws, no key
   * is parked that was not before.
   * @throws what `work` threw; PostgreSQL's 55P03 when somebody holds one of the keys for longer than two seconds
   */
  hold<Result>(
    holding: Holding,
    work: (isParked: (topic: string, key: Buffer) => boolean) => Promise<Result>,
  ): Promise<Result>;
}

/** A redrive holds its keys for as long as its handlers take; who waits longer than this lets others of the pool have the connection. */
const LOCK_TIMEOUT = '2s';

export const hashOfKey = (key: Buffer): Buffer => createHash('sha256').update(key).digest();

export function createParkedKeys(db: Pick<Database, 'query' | 'transaction'>): ParkedKeys {
  return {
    async has(topic, keys) {
      const hashes = keys.map(hashOfKey);
      const { rows } = await db.query<{ hash: Buffer }>(
        'select key_hash as hash from parked_keys where topic = $1 and key_hash = any($2::bytea[])',
        [topic, hashes],
      );
      const parked = new Set(rows.map(({ hash }) => hash.toString('latin1')));
      return keys.filter((_, index) => parked.has(hashes[index]?.toString('latin1') ?? ''));
    },

    hold: ({ mark, ask }, work) =>
      db.transaction(async (tx) => {
        const [marked, asked] = [mark.map(hashed), ask.map(hashed)];
        await tx.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
        const missing = await lockKeys(tx, [...marked, ...asked]);
        const toPark = new Set(marked.map(idOf));
        const notParked = missing.filter((key) => !toPark.has(idOf(key)));
        if (notParked.length > 0) await letKeysGo(tx, notParked);
        const free = new Set(notParked.map(idOf));
        return await work((topic, key) => !free.has(idOf(hashed({ topic, key }))));
      }),
  };
}

/**
 * Locks these keys until the end of the transaction: whoever parks a record of theirs, or lets them go, waits. One that is not parked
 * becomes so. All in one statement and sorted, so that no two wait for each other: call it once in a transaction.
 *
 * @returns those that were not parked
 */
export async function lockKeys(tx: Tx, keys: readonly TopicKey[]): Promise<TopicKey[]> {
  // A condition that is never met: nothing is written, and the row is locked all the same.
  const { rows } = await tx.query<TopicKey>(
    `insert into parked_keys as parked (topic, key_hash)
     select distinct topic collate "C", key_hash from unnest($1::text[], $2::bytea[]) as asked (topic, key_hash)
     order by 1, 2
     on conflict (topic, key_hash) do update set parked_at = parked.parked_at where false
     returning topic, key_hash as "keyHash"`,
    columnsOf(keys),
  );
  return rows;
}

/** Lets keys go whose lock this transaction has: their next records are handled again. @returns how many were parked */
export async function letKeysGo(tx: Tx, keys: readonly TopicKey[]): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from parked_keys using unnest($1::text[], $2::bytea[]) as gone (topic, key_hash)
     where parked_keys.topic = gone.topic and parked_keys.key_hash = gone.key_hash`,
    columnsOf(keys),
  );
  return rowCount ?? 0;
}

const columnsOf = (keys: readonly TopicKey[]) => [
  keys.map(({ topic }) => topic),
  keys.map(({ keyHash }) => keyHash),
];

const hashed = ({ topic, key }: { topic: string; key: Buffer }): TopicKey => ({
  topic,
  keyHash: hashOfKey(key),
});

const idOf = ({ topic, keyHash }: TopicKey) => `${topic}/${keyHash.toString('latin1')}`;
