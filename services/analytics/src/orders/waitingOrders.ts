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
  /** Has those leave whose ids are less than this one, but for some, and for whoever waits elsewhere as well. To be called when all is stored. */
  leaveEnded(tx: Tx, least: string, except: ReadonlySet<string>, elsewhere: readonly string[]): Promise<void>;
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
      const orders = await waitingAmong(tx, schema, asked);
      for (const { id } of orders) found.add(id);
      return orders;
    },
    async leaveEnded(tx, least, except, elsewhere) {
      if (size === 0) return;
      const others = [
        'unnest($2::text[]) as kept (id)',
        ...elsewhere.map((each) => `${each}.orders_waiting`),
      ];
      const stays = others.map((from) => `(select from ${from} where id = own.id)`);
      const { rowCount } = await tx.query(
        `delete from ${schema}.orders_waiting as own where id < $1 and not exists ${stays.join(' and not exists ')}`,
        [least, [...except]],
      );
      size -= rowCount ?? 0;
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

/** Those of these orders that wait in a generation. */
export async function waitingAmong(tx: Tx, schema: string, ids: readonly string[]): Promise<WaitingOrder[]> {
  const { rows } = await tx.query<WaitingOrder>(
    `select id, columns from ${schema}.orders_waiting where id = any($1::text[])`,
    [ids],
  );
  return rows;
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
