import type { Tx } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import type { CodedGeneration } from '../projector/fed.ts';
import { columnsIn, type Generation, tablesIn } from '../store/generations.ts';

type Numbers = Record<string, number>;

/** What a generation counts, by cafe, step, drink or day. */
export type Summary = ReadonlyMap<string, Numbers>;

/** Where two generations of a projection differ in what they count. */
export interface Comparison {
  projection: string;
  /** What they are compared by, such as `cafe`. */
  by: string;
  /** The first hour (ISO 8601) that is compared: what was before only one of them has counted itself. Null: all is. */
  since: string | null;
  /** The sums over all of them. */
  totals: { live: Numbers; rebuilt: Numbers };
  /** How many are the same, and how many are not. */
  same: number;
  different: number;
  /** Of those that are not, how many count less of something than what is live: that would be gone from reports. */
  less: number;
  /** The first of those that are not; null: there is none. */
  differences: { what: string; live: Numbers | null; rebuilt: Numbers | null }[];
}

/** Where two generations differ in a table, row by row. */
export interface TableDifference {
  /** As reports name it, such as `sales.by_hour`. */
  table: string;
  /** The first hour (ISO 8601) that is compared: what was before only one of them has. Null: all is. */
  since: string | null;
  rows: number;
  /** How many rows only the one has, or the other: one that has other values counts in both. */
  onlyLive: number;
  onlyRebuilt: number;
  /** Some of them. */
  examples: { live: unknown[]; rebuilt: unknown[] };
}

const SHOWN = 20;
const EXAMPLES = 5;

/** @param since the first hour that counts; null: all do */
export async function summaryOf(
  tx: Tx,
  { schema, code: { summary } }: CodedGeneration,
  since: Date | null,
): Promise<Summary> {
  await tx.query(`set local search_path to ${schema}`);
  const { rows } = await tx.query<{ what: string } & Numbers>(`${summary.sql} order by what`, [
    since ?? '-infinity',
  ]);
  await tx.query('set local search_path to default');
  return new Map(rows.map(({ what, ...numbers }) => [what, numbers]));
}

export function compare(
  { name, summary }: Projection,
  live: Summary,
  rebuilt: Summary,
  since: Date | null,
): Comparison {
  const all = [...new Set([...live.keys(), ...rebuilt.keys()])].sort();
  const different = all.filter((what) => !isSame(live.get(what), rebuilt.get(what)));
  return {
    projection: name,
    by: summary.by,
    since: since?.toISOString() ?? null,
    totals: { live: sumOf(live), rebuilt: sumOf(rebuilt) },
    same: all.length - different.length,
    different: different.length,
    less: different.filter((what) => isLess(live.get(what), rebuilt.get(what))).length,
    differences: different.slice(0, SHOWN).map((what) => ({
      what,
      live: live.get(what) ?? null,
      rebuilt: rebuilt.get(what) ?? null,
    })),
  };
}

const isSame = (a: Numbers | undefined, b: Numbers | undefined) =>
  a !== undefined && b !== undefined && Object.entries(a).every(([name, value]) => b[name] === value);

const isLess = (live: Numbers = {}, rebuilt: Numbers = {}) =>
  Object.entries(live).some(([name, value]) => (rebuilt[name] ?? 0) < value);

function sumOf(summary: Summary): Numbers {
  const sums: Numbers = {};
  for (const numbers of summary.values()) {
    for (const [name, value] of Object.entries(numbers)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** Compares two generations table by table, from an hour on. */
export async function compareTables(
  tx: Tx,
  { name, time, summary }: Projection,
  live: Generation,
  rebuilt: Generation,
  since: Date | null,
): Promise<TableDifference[]> {
  const differences: TableDifference[] = [];
  for (const table of await tablesIn(tx, rebuilt)) {
    const columns = (await columnsIn(tx, rebuilt, table)).join(', ');
    const rowsOf = ({ schema }: Generation) =>
      summary.rows?.[table]?.(`${schema}.${table}`) ??
      `select ${columns} from ${schema}.${table} where ${time} >= $1`;
    const only = async (one: Generation, other: Generation) => {
      const { rows } = await tx.query<{ count: number; examples: unknown[] | null }>(
        `with differing as (${rowsOf(one)} except all ${rowsOf(other)})
         select (select count(*)::int from differing) as count,
                (select jsonb_agg(to_jsonb(example)) from (select * from differing order by 1 limit ${EXAMPLES}) as example) as examples`,
        [since ?? '-infinity'],
      );
      return rows[0] ?? { count: 0, examples: null };
    };
    const { rows } = await tx.query<{ rows: number }>(
      `select count(*)::int as rows from (${rowsOf(live)}) as live`,
      [since ?? '-infinity'],
    );
    const [onlyLive, onlyRebuilt] = [await only(live, rebuilt), await only(rebuilt, live)];
    differences.push({
      table: `${name}.${table}`,
      since: since?.toISOString() ?? null,
      rows: rows[0]?.rows ?? 0,
      onlyLive: onlyLive.count,
      onlyRebuilt: onlyRebuilt.count,
      examples: { live: onlyLive.examples ?? [], rebuilt: onlyRebuilt.examples ?? [] },
    });
  }
  return differences;
}
