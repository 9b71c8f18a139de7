import type { Tx } from '@brew/postgres';
import type { Joins, Projection, Take } from '../projections/projection.ts';
import { createColumn, type StoredColumn } from './columns.ts';
import { createDesk, type Desk } from './desk.ts';
import { createWaitingOrders, type WaitingOrder, type WaitingOrders } from './waitingOrders.ts';

/** What one generation of a projection knows: a few columns of each order at hand, and what it has counted since it was stored. */
export interface Book {
  readonly projection: string;
  /** Of the generation. */
  readonly schema: string;
  readonly takes: readonly Take[];
  readonly joins: Joins | undefined;
  /** Those that are not at hand. */
  readonly waiting: WaitingOrders;
  /** What is known of orders, each for itself. */
  describe(orders: readonly number[]): WaitingOrder[];
  /** Takes out what was counted since, and what is known of these orders, ready to be stored. */
  page(packed: Packed): Page;
  /**
   * Learns of these orders what was stored, and is not known yet.
   * @param names of the columns there, as a generation has them; left out, they are its own
   */
  learn(orders: readonly number[], stored: Buffer, names?: readonly string[]): void;
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

/** Of orders at hand, as it was stored. */
export interface StoredOrders {
  ended: number;
  ids: Buffer;
  columns: Buffer;
}

export function createBook(projection: Projection, schema: string, desk: Desk): Book {
  const columns = new Map<string, StoredColumn>(
    Object.entries(projection.columns).map(([name, type]) => [name, createColumn[type](desk)]),
  );
  const tally = projection.begin(Object.fromEntries(columns) as never);
  const stored = [...columns.values()];
  const ownNames = Object.entries(projection.columns).map(([name, type]) => `${name}:${type}`);
  desk.onArrival((order) => {
    for (const column of stored) column.clear(order);
  });
  const describe = (orders: readonly number[]) => join(stored.map((column) => column.pack(orders)));

  return {
    projection: projection.name,
    schema,
    takes: tally.takes,
    joins: tally.joins,
    waiting: createWaitingOrders(schema),
    describe: (orders) => orders.map((order) => ({ id: desk.idOf(order), columns: describe([order]) })),
    page({ all, orders, ended, ids }) {
      const statement = tally.drain(schema);
      const values = describe(orders);
      return {
        async store(tx) {
          if (statement) await tx.query(statement);
          if (all) await tx.query(`delete from ${schema}.orders_at_hand`);
          if (orders.length === 0) return;
          await tx.query(`insert into ${schema}.orders_at_hand (ended, ids, columns) values ($1, $2, $3)`, [
            ended,
            ids,
            values,
          ]);
        },
      };
    },
    learn(orders, bytes, names = ownNames) {
      for (const [i, part] of split(bytes).entries()) {
        stored[ownNames.indexOf(names[i] ?? '')]?.unpack(orders, part);
      }
    },
  };
}

/** What is known of the orders at hand, in the order in which it was stored. */
export async function storedOrders(tx: Tx, schema: string): Promise<StoredOrders[]> {
  const { rows } = await tx.query<StoredOrders>(
    `select ended, ids, columns from ${schema}.orders_at_hand order by number`,
  );
  return rows;
}

/** The ids of those at hand that are under way; undefined when it knows of no orders at all. */
export async function openAtHand(tx: Tx, schema: string): Promise<ReadonlySet<string> | undefined> {
  const stored = await storedOrders(tx, schema);
  const open = new Set<string>();
  for (const { ended, ids } of stored) {
    for (const [i, id] of idsIn(ids).entries()) {
      // What a later row says of an order replaces what was said before.
      if (i < ended) open.delete(id);
      else open.add(id);
    }
  }
  return stored.length > 0 ? open : undefined;
}

/** What was packed by a desk. */
export function idsIn(packed: Buffer): string[] {
  const desk = createDesk();
  return desk.unpack(packed).map(desk.idOf);
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
