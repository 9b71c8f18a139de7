import type { Tx } from '../database.ts';
import { letKeysGo, type TopicKey } from '../parkedKeys.ts';

/**
 * Locks those of these letters that still wait.
 * @param inOrder leaves out also those that now wait behind another one, which is not among them
 * @returns their ids
 */
export async function lockWaiting(
  tx: Tx,
  ids: readonly string[],
  { inOrder }: { inOrder: boolean },
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from letters where id = any ($1::bigint[]) and status = 'waiting' order by id for update`,
    [ids],
  );
  const locked = rows.map((row) => row.id);
  if (!inOrder || locked.length === 0) return new Set(locked);
  const behind = await tx.query<{ id: string }>(
    `select id from letters this
     where id = any ($1::bigint[]) and key_hash is not null and exists (
       select from letters before
       where before.topic = this.topic and before.key_hash = this.key_hash and before.status = 'waiting'
         and (before.partition, before.record_offset, before.id) < (this.partition, this.record_offset, this.id)
         and before.id <> all ($1::bigint[])
     )`,
    [locked],
  );
  const late = new Set(behind.rows.map((row) => row.id));
  return new Set(locked.filter((id) => !late.has(id)));
}

/** They are done: what became of them, and no longer their bytes. */
export async function resolveLetters(
  tx: Tx,
  ids: readonly string[],
  status: 'redriven' | 'discarded',
  action: string,
): Promise<void> {
  await tx.query(
    `update letters set status = $2, resolved_at = now(), action = $3, value = null, header_names = '{}', header_values = '{}',
            error_stack = null
     where id = any ($1::bigint[])`,
    [ids, status, action],
  );
}

/** The keys of letters that wait. */
export async function keysOfLetters(tx: Tx, ids: readonly string[]): Promise<TopicKey[]> {
  const { rows } = await tx.query<TopicKey>(
    `select distinct topic, key_hash as "keyHash" from letters
     where id = any ($1::bigint[]) and status = 'waiting' and key_hash is not null`,
    [ids],
  );
  return rows;
}

/**
 * Lets those of these keys go of which nothing waits any more; this transaction has their locks.
 * @param free those that were not parked before they were locked
 * @returns how many were parked, and are not any more
 */
export async function letIdleKeysGo(
  tx: Tx,
  keys: readonly TopicKey[],
  free: readonly TopicKey[],
): Promise<number> {
  const { rows: idle } = await tx.query<TopicKey>(
    `select topic, "keyHash" from unnest($1::text[], $2::bytea[]) as asked (topic, "keyHash")
     where not exists (
       select from letters where letters.topic = asked.topic and key_hash = "keyHash" and status = 'waiting'
     )`,
    [keys.map(({ topic }) => topic), keys.map(({ keyHash }) => keyHash)],
  );
  const isSame = (a: TopicKey) => (b: TopicKey) => a.topic === b.topic && a.keyHash.equals(b.keyHash);
  const wereFree = idle.filter((key) => free.some(isSame(key)));
  return (
    (await letKeysGo(tx, idle)) -
    new Set(wereFree.map(({ topic, keyHash }) => `${topic}/${keyHash.toString('hex')}`)).size
  );
}

const MAX_ERROR = 2_000;

/** A letter has failed again. */
export async function noteRedriveFailure(tx: Tx, id: string, error: string): Promise<void> {
  const storable = error.replaceAll('\0', '\uFFFD').slice(0, MAX_ERROR).toWellFormed();
  await tx.query(
    `update letters set redrives = redrives + 1, last_redrive_at = now(), last_error = $2
     where id = $1 and status = 'waiting'`,
    [id, storable],
  );
}
