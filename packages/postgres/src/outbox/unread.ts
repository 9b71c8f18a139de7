import type { Session } from '../session.ts';
import type { UnsentRow } from './ownership.ts';

/** Some rows, and which of them wait behind another one of their topic and key that was set aside. */
interface Page {
  rows: UnsentRow[];
  held: ReadonlySet<string>;
}

/**
 * Reads an outbox to which others write, each row once, without walking over the rows that were deleted: while a transaction stays open in the
 * same database, for ten minutes or for hours, they all stay in their place.
 *
 * A transaction takes its numbers before it commits, so rows appear below numbers that were read already, and `id > last` would
 * skip them for ever. But they are of transactions that were not over when the others were read. So what was not read is either above the
 * highest number that was, or of a transaction that the snapshot of that reading did not see: a look into each of two indexes. This is how PgQ
 * finds its batches.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export interface Unread {
  /**
   * The oldest rows, in the order of their numbers: whoever waited for another one's row lock has the higher one. No more than some megabytes of
   * them. Those of the call before may still be there, those of earlier ones may not.
   */
  next(limit: number, withoutTopics: readonly string[]): Promise<Page>;
  /** Everything that is there comes again. */
  rewind(): void;
}

/** Of the values that are read at once: 500 rows of the largest that a topic takes would be half a gigabyte. */
const MAX_BYTES = 8 * 1024 * 1024;

/** What the planner guesses of a table whose rows are nearly all dead may be anything, and only one of its plans is right. */
export const PLANNING = `
  set enable_seqscan = off; set enable_bitmapscan = off; set max_parallel_workers_per_gather = 0;
  set plan_cache_mode = force_generic_plan; set work_mem = '32MB'`;

const COLUMNS = 'id, topic, key, value, headers';

/**
 * In one statement, so that all of it is as of one moment. The first row tells which, and the numbers of those that are held. `id + 0` keeps the index of
 * numbers out of it, in which the late ones lie behind all that was deleted.
 */
const UNREAD = `
  with page as materialized (
    select ${COLUMNS} from (
      select * from (
        select id + 0 as id, topic, key, value, headers from outbox
        where xid >= $4::text::xid8 and id + 0 <= $3 and id <> all ($6::bigint[]) and topic <> all ($2)
        union all
        select id + 0, topic, key, value, headers from outbox
        where xid = any ($5::text[]::xid8[]) and id + 0 <= $3 and id <> all ($6::bigint[]) and topic <> all ($2)
        order by id limit $1
      ) as late
      union all
      select * from (
        select ${COLUMNS} from outbox where id > $3 and topic <> all ($2) order by id limit $1
      ) as new
    ) as unread
    order by id limit $1
  ), sized as (
    select *, sum(octet_length(value)) over (order by id rows between unbounded preceding and 1 preceding) as before
    from page
  )
  select null as id, pg_current_snapshot()::text as topic, string_agg(page.id::text, ',') as key, null as value, null as headers
  from page where exists (select from outbox_aside aside where aside.topic = page.topic and aside.key = page.key)
  union all
  select ${COLUMNS} from sized where coalesce(before, 0) < ${MAX_BYTES}`;

/** Nothing was read. No transaction has a number as high as this one. */
const START = {
  high: '0',
  xmax: '18446744073709551615',
  underWay: [] as string[],
  handedOut: [] as string[],
};

export function createUnread(session: Pick<Session, 'query'>): Unread {
  /**
   * All rows up to the number `high` were read of which `xmax` and `underWay` tell that their transactions were over; and those of `handedOut`, the
   * last page, of which they don't.
   */
  let read = START;
  let without = '';

  return {
    async next(limit, withoutTopics) {
      const topics = withoutTopics.join();
      if (topics !== without) read = START;
      without = topics;
      const { high, xmax, underWay, handedOut } = read;
      const { rows } = await session.query<UnsentRow>({
        name: 'unread',
        text: UNREAD,
        values: [limit, withoutTopics, high, xmax, underWay, handedOut],
      });
      const about = rows.shift();
      const last = rows.at(-1)?.id;
      if (last !== undefined && BigInt(last) <= BigInt(high))
        read = { ...read, handedOut: rows.map(({ id }) => id) };
      else read = { high: last ?? high, ...partsOf(about?.topic ?? ''), handedOut: [] };
      return { rows, held: new Set(about?.key?.split(',')) };
    },
    rewind() {
      read = START;
    },
  };
}

/** @param snapshot as PostgreSQL writes it: `xmin:xmax:`, and those between them that were under way */
function partsOf(snapshot: string): { xmax: string; underWay: string[] } {
  const [, xmax = '', underWay = ''] = snapshot.split(':');
  return { xmax, underWay: underWay === '' ? [] : underWay.split(',') };
}
