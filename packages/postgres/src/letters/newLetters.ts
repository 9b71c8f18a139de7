import { createHash } from 'node:crypto';
import type { Tx } from '../database.ts';
import { hashOfKey } from '../parkedKeys.ts';

/** A letter of the dead letter topic, as it becomes a row; see ../migrations/008_letters.sql. */
export interface NewLetter {
  dlqPartition: number;
  dlqOffset: bigint;
  /** Milliseconds since the epoch. */
  parkedAt: number;
  reason: string;
  /** Null for a foreign one. */
  source: { topic: string; partition: number; offset: bigint; lastOffset: bigint | undefined } | null;
  key: Buffer | null;
  /** Where the key is left out. */
  keyHash: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: Buffer, value: Buffer | null])[];
  timestamp: bigint;
  type: string | null;
  pointer: string | null;
  valueBytes: number;
  error: { name: string; code: string | undefined; message: string; stack: string | undefined } | null;
  attempts: number;
}

/** Up to where a partition of the dead letter topic is in the table. */
export interface LetterPosition {
  partition: number;
  topicId: string;
  nextOffset: bigint;
}

export async function letterPositions(tx: Tx): Promise<LetterPosition[]> {
  const { rows } = await tx.query<{ partition: number; topicId: string; nextOffset: string }>(
    `select dlq_partition as partition, topic_id as "topicId", next_offset as "nextOffset" from letter_positions`,
  );
  return rows.map((row) => ({ ...row, nextOffset: BigInt(row.nextOffset) }));
}

/**
 * Moves a position, within the transaction that stores what was read up to there.
 * @param from where it has to be still; undefined: nowhere yet
 * @returns false when somebody else has moved it: what was read is there already, or about to be
 */
export async function moveLetterPosition(
  tx: Tx,
  { partition, topicId, nextOffset }: LetterPosition,
  from: Pick<LetterPosition, 'topicId' | 'nextOffset'> | undefined,
): Promise<boolean> {
  const to = [partition, topicId, String(nextOffset)];
  const { rowCount } = from
    ? await tx.query(
        `update letter_positions set topic_id = $2, next_offset = $3
         where dlq_partition = $1 and topic_id = $4 and next_offset = $5`,
        [...to, from.topicId, String(from.nextOffset)],
      )
    : await tx.query('insert into letter_positions values ($1, $2, $3) on conflict do nothing', to);
  return rowCount === 1;
}

/** One that waits already, sent a second time, is left out. */
export async function insertLetters(tx: Tx, letters: readonly NewLetter[]): Promise<void> {
  for (const letter of letters) await insertLetter(tx, letter);
}

async function insertLetter(tx: Tx, letter: NewLetter): Promise<void> {
  const { source, key, error, headers } = letter;
  await tx.query({
    name: 'insert-letter',
    text: `insert into letters (dlq_partition, dlq_offset, parked_at, reason, topic, partition, record_offset, last_offset, key, key_hash, value,
             header_names, header_values, record_timestamp, type, pointer, value_bytes, error_name, error_code, error_message, error_stack, attempts, bytes, content)
           values ($1, $2, to_timestamp($3::float8 / 1000), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
           on conflict do nothing`,
    values: [
      ...[letter.dlqPartition, String(letter.dlqOffset), letter.parkedAt, letter.reason],
      ...(source
        ? [source.topic, source.partition, String(source.offset), source.lastOffset?.toString() ?? null]
        : [null, null, null, null]),
      // A foreign one has no place among those of its key.
      ...[key, source && key ? hashOfKey(key) : letter.keyHash, letter.value],
      ...[headers.map(([name]) => name), headers.map(([, value]) => value), String(letter.timestamp)],
      ...[storable(letter.type, 1_000), storable(letter.pointer, 100), letter.valueBytes],
      ...[storable(error?.name, 2_000), storable(error?.code, 2_000), storable(error?.message, 2_000)],
      ...[storable(error?.stack, 8_000), letter.attempts, sizeOfLetter(letter), contentOf(letter)],
    ],
  });
}

/** Of what is here of its record, in bytes. */
export const sizeOfLetter = ({ key, value, headers }: Pick<NewLetter, 'key' | 'value' | 'headers'>): number =>
  headers.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0), 0) +
  (key?.length ?? 0) +
  (value?.length ?? 0);

function contentOf({ value, headers }: NewLetter): Buffer {
  const hash = createHash('sha256');
  for (const part of [value, ...headers.flat()]) hash.update(`${part?.length ?? -1};`).update(part ?? '');
  return hash.digest();
}

/** PostgreSQL takes no NUL, and anybody may have written this. */
const storable = (text: string | null | undefined, length: number) =>
  text?.replaceAll('\0', '\uFFFD').slice(0, length).toWellFormed() ?? null;
