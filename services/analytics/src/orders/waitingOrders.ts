import type { Tx } from '@brew/postgres';
import type { Page } from './book.ts';

/** What is known of an order that is not at hand. */
export interface WaitingOrder {
  id: string;
  columns: Buffer;
}

/** Orders under way that had to make room: they wait in a table of their generation until something comes for them. */
export interface WaitingOrders {
  /** How many there are. */
  readonly size: number;
  count(tx: Tx): Promise<void>;
  /** Those of these that wait here: they are at hand from now on, and leave the table with the next page. */
  find(tx: Tx, ids: readonly string[]): Promise<WaitingOrder[]>;
  /** Who has come and gone since the last page, ready to be stored. */
  page(coming: readonly WaitingOrder[]): Page;
}

export function createWaitingOrders(schema: string): WaitingOrders {
  let size = 0;
  let found = new Set<string>();

  return {
    get size() {
      return size;
    },
    async count(tx) {
      const { rows } = await tx.query<{ count: number }>(
        `select count(*)::float8 as count from ${schema}.orders_waiting`,
      );
      size = rows[0]?.count ?? 0;
    },
    async find(tx, ids) {
      const asked = ids.filter((id) => !found.has(id));
      if (size === 0 || asked.length === 0) return [];
      const { rows } = await tx.query<WaitingOrder>(
        `select id, columns from ${schema}.orders_waiting where id = any($1::text[])`,
        [asked],
      );
      for (const { id } of rows) found.add(id);
      return rows;
    },
    page(coming) {
      const going = [...found];
      found = new Set();
      size += coming.length - going.length;
      return {
        async store(tx) {
          if (going.length > 0) {
            await tx.query(`delete from ${schema}.orders_waiting where id = any($1::text[])`, [going]);
          }
          if (coming.length === 0) return;
          await tx.query(
            `insert into ${schema}.orders_waiting select * from unnest($1::text[], $2::bytea[])`,
            [coming.map(({ id }) => id), coming.map(({ columns }) => columns)],
          );
        },
      };
    },
  };
}

/** How many are read at a time. */
const PORTION = 10_000;

/** All that wait in a generation, a portion at a time. */
export async function* allWaiting(tx: Tx, schema: string): AsyncGenerator<WaitingOrder[]> {
  for (let last = ''; ; ) {
    const { rows } = await tx.query<WaitingOrder>(
      `select id, columns from ${schema}.orders_waiting where id > $1 order by id limit ${PORTION}`,
      [last],
    );
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)?.id ?? '';
  }
}
