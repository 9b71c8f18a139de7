import type { Tx } from '@brew/postgres';
import type { Projection, Take } from '../projections/projection.ts';
import { createColumn, type StoredColumn } from './columns.ts';
import type { Desk } from './desk.ts';

/** What one generation of a projection knows: a few columns of each order at hand, and what it has counted since it was stored. */
export interface Book {
  /** Of the generation. */
  readonly schema: string;
  readonly takes: readonly Take[];
  /** Takes out what was counted since, and what is known of these orders, ready to be stored. */
  page(packed: Packed): Page;
  /** Reads what is known of the orders at hand, as it was stored. */
  load(tx: Tx, unpack: (ids: Buffer, ended: number) => readonly number[]): Promise<void>;
}

/** Orders of which something is to be stored. */
export interface Packed {
  /** Whether they are all at hand, which are stored in the place of what was stored before. */
  all: boolean;
  orders: readonly number[];
  /** How many of them have ended: the first ones. */
  ended: number;
  ids: Buffer;
}

/** What is stored at a time. */
export interface Page {
  store(tx: Tx): Promise<void>;
}

export function createBook(projection: Projection, schema: string, desk: Desk): Book {
  const columns = new Map<string, StoredColumn>(
    Object.entries(projection.columns).map(([name, type]) => [name, createColumn[type](desk)]),
  );
  const tally = projection.begin(Object.fromEntries(columns) as never);
  const stored = [...columns.values()];
  desk.onArrival((order) => {
    for (const column of stored) column.clear(order);
  });

  return {
    schema,
    takes: tally.takes,
    page({ all, orders, ended, ids }) {
      const statement = tally.drain(schema);
      const values = join(stored.map((column) => column.pack(orders)));
      return {
        async store(tx) {
          if (statement) await tx.query(statement);
          if (orders.length === 0) return;
          if (all) await tx.query(`delete from ${schema}.orders_at_hand`);
          await tx.query(`insert into ${schema}.orders_at_hand (ended, ids, columns) values ($1, $2, $3)`, [
            ended,
            ids,
            values,
          ]);
        },
      };
    },
    async load(tx, unpack) {
      const { rows } = await tx.query<{ ended: number; ids: Buffer; columns: Buffer }>(
        `select ended, ids, columns from ${schema}.orders_at_hand order by number`,
      );
      for (const { ended, ids, columns } of rows) {
        const orders = unpack(ids, ended);
        for (const [i, bytes] of split(columns).entries()) stored[i]?.unpack(orders, bytes);
      }
    },
  };
}

/** Each with its length before it. */
function join(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(part.length);
      return [length, part];
    }),
  );
}

function split(joined: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < joined.length; ) {
    const end = at + 4 + joined.readUInt32LE(at);
    parts.push(joined.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
