import type { Tx } from '@brew/postgres';
import type { CodedGeneration } from '../projector/fed.ts';
import type { Generation } from '../store/generations.ts';

type Numbers = Record<string, number>;

/** Where two generations of a projection differ in what they count, hour by hour. */
export interface Comparison {
  projection: string;
  /** What is told of, such as `cafe`. */
  by: string;
  /** The first hour (ISO 8601) that is compared: what was before only one of them has counted itself. Null: all is. */
  since: string | null;
  /** The sums over all of them. */
  totals: { live: Numbers; rebuilt: Numbers };
  /** How many are the same in every hour, and how many are not. */
  same: number;
  different: number;
  /** Of how many something counts less in an hour than in what is live: that would be gone from reports. */
  less: number;
  /** Some of the rows that only one of them has; one that has other values is in both. */
  examples: { live: unknown[]; rebuilt: unknown[] };
}

const EXAMPLES = 5;

/** Compares what was built with what is live, from the first hour on that was built. */
export async function compare(tx: Tx, live: Generation, built: CodedGeneration): Promise<Comparison> {
  const { name, time, compared } = built.code;
  const { by, keys, rows: rowsOf } = compared;
  const numbers = Object.entries(compared.numbers);
  // What only one of them knows the hours of is compared in sum.
  const hour = `case when ${time} < $2 then '-infinity' else date_trunc('hour', ${time}, 'UTC') end`;
  const sums = numbers.map(([number, sql]) => `coalesce(sum(${sql}), 0)::float8 as ${number}`).join(', ');
  const totals = (rows: string) => `(select to_json(totals) from (select ${sums} from ${rows}) as totals)`;
  const examples = (rows: string) =>
    `(select coalesce(json_agg(example), '[]')
      from (select * from ${rows} order by hour, ${keys.join(', ')} limit ${EXAMPLES}) as example)`;
  const { rows } = await tx.query<{
    live: Numbers;
    rebuilt: Numbers;
    all: number;
    different: number;
    less: number;
    onlyLive: unknown[];
    onlyRebuilt: unknown[];
  }>(
    `with live as (${rowsOf(live.schema, hour)}),
          rebuilt as (${rowsOf(built.schema, hour)}),
          only_live as (table live except all table rebuilt),
          only_rebuilt as (table rebuilt except all table live),
          changes as (select 1 as gone, * from only_live union all select -1, * from only_rebuilt),
          less as (
            select ${keys[0]} from changes group by hour, ${keys.join(', ')}
            having ${numbers.map(([, sql]) => `sum(gone * ${sql}) > 0`).join(' or ')}
          )
     select ${totals('live')} as live,
            ${totals('rebuilt')} as rebuilt,
            (select count(distinct ${keys[0]})::int from (table live union all table rebuilt) as either) as all,
            (select count(distinct ${keys[0]})::int from changes) as different,
            (select count(distinct ${keys[0]})::int from less) as less,
            ${examples('only_live')} as "onlyLive",
            ${examples('only_rebuilt')} as "onlyRebuilt"`,
    [built.builtSince ?? '-infinity', live.hoursSince ?? '-infinity'],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('a comparison without a row');
  return {
    projection: name,
    by,
    since: built.builtSince?.toISOString() ?? null,
    totals: { live: found.live, rebuilt: found.rebuilt },
    same: found.all - found.different,
    different: found.different,
    less: found.less,
    examples: { live: found.onlyLive, rebuilt: found.onlyRebuilt },
  };
}
