import type { Tx } from '../database.ts';
import { type LetterSummary, listLetters } from './listLetters.ts';

/** What a letter has of its record: the bytes as they came. */
export interface LetterRecord {
  id: string;
  topic: string;
  partition: number;
  offset: string;
  key: Buffer | null;
  /** Also null where `pointer` says that it is missing. */
  value: Buffer | null;
  headerNames: Buffer[];
  headerValues: (Buffer | null)[];
  /** Milliseconds since the epoch; any 64 bits, as text. */
  timestamp: string;
  /** What has to be read where the record came from. */
  pointer: string | null;
}

/** The records of letters, those alone that wait; in no order. */
export async function readLetters(tx: Tx, ids: readonly string[]): Promise<LetterRecord[]> {
  const { rows } = await tx.query<LetterRecord>(
    `select id, topic, partition, record_offset as "offset", key, value, header_names as "headerNames",
            header_values as "headerValues", record_timestamp as "timestamp", pointer
     from letters where id = any ($1::bigint[]) and status = 'waiting'`,
    [ids],
  );
  return rows;
}

/** Everything about one letter. */
export interface WholeLetter extends LetterSummary, Omit<LetterRecord, 'topic' | 'partition' | 'offset'> {
  errorStack: string | null;
  by: string | null;
  why: string | null;
  /** Those of its key that wait behind it, in their order: the first 20. */
  waitsBehind: LetterSummary[];
  /** The first of its key that waits, unless that is itself. */
  before: LetterSummary | null;
}

export async function findLetter(tx: Tx, id: string): Promise<WholeLetter | undefined> {
  const [summary] = await listLetters(tx, { filter: { ids: [id] }, limit: 1 });
  if (!summary) return undefined;
  const [{ rows }, around] = await Promise.all([
    tx.query<Pick<WholeLetter, 'errorStack' | 'by' | 'why'> & LetterRecord>(
      `select key, value, header_names as "headerNames", header_values as "headerValues", record_timestamp as "timestamp",
              error_stack as "errorStack", done.by, done.why
       from letters left join letter_actions done on done.id = letters.action where letters.id = $1`,
      [id],
    ),
    neighbours(tx, id),
  ]);
  const [more] = rows;
  if (!more) return undefined;
  const all = await listLetters(tx, { filter: { ids: [...around.behind, ...around.before] }, limit: 21 });
  const byId = new Map(all.map((each) => [each.id, each]));
  const found = (ids: readonly string[]) => ids.flatMap((each) => byId.get(each) ?? []);
  return {
    ...summary,
    ...more,
    ...{ waitsBehind: found(around.behind), before: found(around.before)[0] ?? null },
  };
}

async function neighbours(tx: Tx, id: string): Promise<{ behind: string[]; before: string[] }> {
  const select = (side: '<' | '>', limit: number) =>
    tx.query<{ id: string }>(
      `select other.id from letters this join letters other
         on other.topic = this.topic and other.key_hash = this.key_hash and other.status = 'waiting'
        and (other.partition, other.record_offset, other.id) ${side} (this.partition, this.record_offset, this.id)
       where this.id = $1 and this.status = 'waiting'
       order by other.partition, other.record_offset, other.id limit ${limit}`,
      [id],
    );
  const [behind, before] = await Promise.all([select('>', 20), select('<', 1)]);
  return { behind: behind.rows.map((row) => row.id), before: before.rows.map((row) => row.id) };
}

/** What has to be known of a letter to say whether it may go. */
export interface WaitingLetter {
  id: string;
  reason: string;
  topic: string | null;
  /** SHA-256 of its key; null for those that have none. */
  keyHash: Buffer | null;
  redrives: number;
  /** What a transaction has to hold of it, that to which it only points included. */
  bytes: number;
}

/** Those of these letters that wait, and everything else that waits of their keys; each key's in the order of its records. */
export async function waitingOfKeys(tx: Tx, ids: readonly string[]): Promise<WaitingLetter[]> {
  const { rows } = await tx.query<WaitingLetter>(
    `select id, reason, topic, key_hash as "keyHash", redrives, (bytes + case when pointer is null then 0 else value_bytes end)::float8 as bytes
     from letters
     where status = 'waiting' and (id = any ($1::bigint[]) or (topic, key_hash) in (
       select topic, key_hash from letters where id = any ($1::bigint[]) and key_hash is not null
     ))
     order by topic, key_hash, partition, record_offset, id`,
    [ids],
  );
  return rows;
}
