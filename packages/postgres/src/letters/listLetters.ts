import type { Tx } from '../database.ts';

export type LetterStatus = 'waiting' | 'redriven' | 'discarded';

/** One letter as lists show it: without its value and its headers. */
export interface LetterSummary {
  /** A bigint, as text. */
  id: string;
  dlqPartition: number;
  dlqOffset: string;
  parkedAt: Date;
  /** failed, key_parked, unreadable, deleted, foreign */
  reason: string;
  /** Where the record came from; null for a foreign one. */
  topic: string | null;
  partition: number | null;
  offset: string | null;
  lastOffset: string | null;
  /** Its first 16 KiB: no key of ours is longer. */
  key: Buffer | null;
  type: string | null;
  pointer: string | null;
  valueBytes: string;
  errorName: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  attempts: number;
  redrives: number;
  lastRedriveAt: Date | null;
  lastError: string | null;
  status: LetterStatus;
  resolvedAt: Date | null;
  action: string | null;
  /** How many of its key wait behind it. */
  behind: number;
}

export interface LetterFilter {
  reason?: string | undefined;
  topic?: string | undefined;
  type?: string | undefined;
  /** Any of these. */
  keys?: readonly Buffer[] | undefined;
  /** A part of the error's name, code or message, in capitals or not. */
  error?: string | undefined;
  /** Parked at least so many seconds ago. */
  olderThan?: number | undefined;
  newerThan?: number | undefined;
  /** These alone. */
  ids?: readonly string[] | undefined;
}

const columns = `id, dlq_partition as "dlqPartition", dlq_offset as "dlqOffset", parked_at as "parkedAt", reason, topic, partition,
  record_offset as "offset", last_offset as "lastOffset", substring(key for 16384) as key, type, pointer, value_bytes as "valueBytes",
  error_name as "errorName", error_code as "errorCode", error_message as "errorMessage", attempts, redrives,
  last_redrive_at as "lastRedriveAt", last_error as "lastError", status, resolved_at as "resolvedAt", action`;

/** A page of them, in the order of their ids, behind `after`. */
export async function listLetters(
  tx: Tx,
  {
    status,
    filter = {},
    after = '0',
    limit,
  }: {
    /** Left out: whatever became of them. */
    status?: LetterStatus | undefined;
    filter?: LetterFilter | undefined;
    after?: string | undefined;
    limit: number;
  },
): Promise<LetterSummary[]> {
  const values: unknown[] = [after, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    'id > $1',
    // Written out, not bound: the planner takes the index on what waits only where it can see that.
    ...(status === undefined ? [] : [`status = '${status satisfies LetterStatus}'`]),
    ...conditionsOf(filter, bind),
  ];
  const { rows } = await tx.query<LetterSummary>(
    `with page as (
       select * from letters where ${conditions.join(' and ')} order by id limit $2
     ), behind as (
       select id, count(*) over (
         partition by topic, key_hash order by partition desc, record_offset desc, id desc
       ) - 1 as behind
       from letters
       where status = 'waiting'
         and (topic, key_hash) in (select topic, key_hash from page where status = 'waiting' and key_hash is not null)
     )
     select ${columns}, coalesce(behind.behind, 0)::int as behind
     from page left join behind using (id) order by id`,
    values,
  );
  return rows;
}

/**
 * Whether somebody has discarded the letter of records that were deleted before they were read: all of these, beginning with the first.
 * @param lastOffset of the last one
 */
export async function isLossDiscarded(
  tx: Tx,
  { topic, partition, firstOffset, lastOffset }: Loss,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from letters
     where status = 'discarded' and reason = 'deleted' and topic = $1 and partition = $2 and record_offset = $3 and last_offset >= $4`,
    [topic, partition, String(firstOffset), String(lastOffset)],
  );
  return rowCount !== 0;
}

export interface Loss {
  topic: string;
  partition: number;
  firstOffset: bigint;
  lastOffset: bigint;
}

function conditionsOf(filter: LetterFilter, bind: (value: unknown) => string): string[] {
  const { ids, reason, topic, type, keys, error, olderThan, newerThan } = filter;
  const ago = (seconds: number) => `now() - ${bind(seconds)} * interval '1 second'`;
  return [
    ...(ids ? [`id = any (${bind(ids)}::bigint[])`] : []),
    ...(reason === undefined ? [] : [`reason = ${bind(reason)}`]),
    ...(topic === undefined ? [] : [`topic = ${bind(topic)}`]),
    ...(type === undefined ? [] : [`type = ${bind(type)}`]),
    ...(keys ? [`key_hash in (select sha256(key) from unnest(${bind(keys)}::bytea[]) as asked (key))`] : []),
    ...(error === undefined
      ? []
      : [
          `strpos(lower(concat_ws(chr(10), error_name, error_code, error_message)), lower(${bind(error)})) > 0`,
        ]),
    ...(olderThan === undefined ? [] : [`parked_at <= ${ago(olderThan)}`]),
    ...(newerThan === undefined ? [] : [`parked_at >= ${ago(newerThan)}`]),
  ];
}

/** How often a letter may fail again before only its id makes it go. */
export const MAX_REDRIVES = 5;

export interface LettersInShort {
  waiting: number;
  byReason: Record<string, number>;
  parkedKeys: number;
  oldestAt: Date | null;
  /** Those that have failed MAX_REDRIVES times since. */
  givenUp: number;
}

/** What waits. */
export async function summarizeLetters(tx: Tx): Promise<LettersInShort> {
  const [letters, keys] = await Promise.all([
    tx.query<{ reason: string; waiting: number; oldestAt: Date; givenUp: number }>(
      `select reason, count(*)::int as waiting, min(parked_at) as "oldestAt",
              (count(*) filter (where redrives >= ${MAX_REDRIVES}))::int as "givenUp"
       from letters where status = 'waiting' group by reason order by reason`,
    ),
    tx.query<{ count: number }>('select count(*)::int as count from parked_keys'),
  ]);
  return {
    waiting: letters.rows.reduce((sum, row) => sum + row.waiting, 0),
    byReason: Object.fromEntries(letters.rows.map(({ reason, waiting }) => [reason, waiting])),
    parkedKeys: keys.rows[0]?.count ?? 0,
    oldestAt: letters.rows.reduce<Date | null>(
      (oldest, row) => (oldest && oldest < row.oldestAt ? oldest : row.oldestAt),
      null,
    ),
    givenUp: letters.rows.reduce((sum, row) => sum + row.givenUp, 0),
  };
}
