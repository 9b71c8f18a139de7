import { copyIn, createRowReader, createRowWriter, type RowWriter } from '@brew/postgres';
import type { Projection, Take } from '../projections/projection.ts';
import { createColumn, type StoredColumn } from './columns.ts';
import type { Desk } from './desk.ts';

type Client = Parameters<typeof copyIn>[0];

/**
 * What one generation of a projection keeps of the orders on the desk, and how that gets into its tables. Orders that are new to the
 * table are copied in, and those that it has are updated: either way a statement for all of them.
 */
export interface Book {
  readonly projection: Projection;
  /** Of the generation. */
  readonly schema: string;
  readonly takes: readonly Take[];
  /** Something may have been taken for an order. */
  touch(order: number): void;
  /** Reads what the table has of orders, and joins what was taken of them since: what the table has came first. */
  recall(client: Client, ids: readonly string[]): Promise<void>;
  /** Counts what an order stands for since it was touched. */
  count(order: number): void;
  /** Puts an order among those that page() takes out. */
  write(order: number): void;
  /** Puts an order among the open ones, unless the table has all of it. */
  writeOpen(order: number): void;
  /** Takes out all that was counted and written, ready to be stored. */
  page(): Page;
  /** Reads the open orders of the last page, after a restart; what else it has of them is to be recalled. @returns the greatest id of the table */
  load(client: Client): Promise<string | undefined>;
}

/** What is stored at a time. */
export interface Page {
  store(client: Client): Promise<void>;
}

/** It was touched, and is to be counted. */
const TOUCHED = 1;
/** The table does not have all of it. */
const UNSAVED = 2;
/** The table has a row of it. */
const STORED = 4;
/** It was read from the open orders: the table knows nothing that is not known here. */
const COMPLETE = 8;

export function createBook(projection: Projection, schema: string, desk: Desk): Book {
  const columns = Object.entries(projection.columns).map(([name, type]) => ({
    name: snakeCase(name),
    property: name,
    column: createColumn[type](desk) as StoredColumn,
  }));
  const tally = projection.begin(
    Object.fromEntries(columns.map(({ property, column }) => [property, column])) as never,
  );
  const names = columns.map(({ name }) => name);
  let flags = new Uint8Array(0);
  /** What an order has been counted for. */
  let counted = new Int32Array(0);
  desk.onGrow((capacity) => {
    flags = grown(flags, new Uint8Array(capacity));
    counted = grown(counted, new Int32Array(capacity));
  });
  desk.onArrival((order) => {
    flags[order] = 0;
    counted[order] = 0;
    for (const { column } of columns) column.clear(order);
  });

  let fresh = createRowWriter();
  let open = createRowWriter();
  let changed: number[] = [];
  /** Whether the open ones of the last page are in the table. */
  let hadOpen = false;

  const flagsOf = (order: number) => flags[order] as number;

  function writeRow(order: number, rows: RowWriter): void {
    rows.utf8(desk.ids, desk.startOf(order), desk.endOf(order));
    for (const { column } of columns) column.write(order, rows);
  }

  /** Puts what the table has below what was taken since. */
  function joinUnder(order: number, row: Record<string, unknown>): void {
    const since = createRowWriter();
    since.row(columns.length);
    for (const { column } of columns) column.write(order, since);
    for (const { column, name } of columns) {
      column.clear(order);
      column.fill(order, row[name]);
    }
    counted[order] = tally.reached(order);
    const rows = createRowReader(since.end());
    rows.next();
    for (const { column } of columns) column.read(order, rows);
    flags[order] = flagsOf(order) | STORED;
  }

  return {
    projection,
    schema,
    takes: tally.takes,

    touch(order) {
      flags[order] = flagsOf(order) | TOUCHED | UNSAVED;
    },

    async recall(client, ids) {
      const selected = columns.map(({ name, column }) => `${column.select(name)} as ${name}`);
      const { rows } = await client.query<Record<string, unknown> & { order_id: string }>(
        `select ${['order_id', ...selected].join(', ')} from ${schema}.orders where order_id = any ($1)`,
        [ids],
      );
      for (const row of rows) {
        const order = desk.numberOf(row.order_id);
        if (order !== undefined && (flagsOf(order) & COMPLETE) === 0) joinUnder(order, row);
      }
    },

    count(order) {
      if ((flagsOf(order) & TOUCHED) === 0) return;
      flags[order] = flagsOf(order) & ~TOUCHED;
      const reached = tally.reached(order);
      const newly = reached & ~(counted[order] as number);
      if (newly === 0) return;
      tally.count(order, newly);
      counted[order] = reached;
    },

    write(order) {
      if ((flagsOf(order) & UNSAVED) === 0) return;
      if ((flagsOf(order) & STORED) === 0) {
        fresh.row(1 + columns.length);
        writeRow(order, fresh);
      } else changed.push(order);
      flags[order] = (flagsOf(order) & ~UNSAVED) | STORED;
    },

    writeOpen(order) {
      if ((flagsOf(order) & UNSAVED) === 0) return;
      open.row(2 + columns.length);
      open.integer(flagsOf(order) & STORED);
      writeRow(order, open);
    },

    page() {
      const statement = tally.drain(schema);
      const copied = fresh.rows > 0 ? fresh.end() : undefined;
      const update = changed.length > 0 ? updateOf(changed) : undefined;
      const opened = open.rows > 0 ? open.end() : null;
      const changesOpen = opened !== null || hadOpen;
      hadOpen = opened !== null;
      fresh = createRowWriter();
      open = createRowWriter();
      changed = [];
      return {
        async store(client) {
          if (copied) await copyIn(client, `${schema}.orders (${['order_id', ...names].join(', ')})`, copied);
          if (update) await client.query(update);
          if (statement) await client.query(statement);
          if (changesOpen) await client.query(`update ${schema}.open_orders set rows = $1`, [opened]);
        },
      };
    },

    async load(client) {
      const { rows } = await client.query<{ rows: Buffer | null; greatest: string | null }>(
        `select rows, (select max(order_id) from ${schema}.orders) as greatest from ${schema}.open_orders`,
      );
      const { rows: opened = null, greatest = null } = rows[0] ?? {};
      if (opened) readOpen(opened);
      hadOpen = opened !== null;
      return greatest ?? undefined;
    },
  };

  function updateOf(orders: readonly number[]) {
    const types = ['text', ...columns.map(({ column }) => column.sqlType)];
    const parameters = types.map((type, i) => `$${i + 1}::${type}[]`);
    return {
      text: `update ${schema}.orders as old set ${names.map((name) => `${name} = new.${name}`).join(', ')}
             from unnest(${parameters.join(', ')}) as new (${['order_id', ...names].join(', ')})
             where old.order_id = new.order_id`,
      values: [
        orders.map((order) => desk.idOf(order)),
        ...columns.map(({ column }) => orders.map((order) => column.value(order))),
      ],
    };
  }

  function readOpen(bytes: Buffer): void {
    const rows = createRowReader(bytes);
    while (rows.next()) {
      const stored = rows.integer() ?? 0;
      const id = Buffer.from(rows.text() ?? '');
      const order = desk.find(id, 0, id.length);
      for (const { column } of columns) column.read(order, rows);
      // It had been counted when it was written.
      counted[order] = tally.reached(order);
      flags[order] = UNSAVED | COMPLETE | stored;
    }
  }
}

function grown<Values extends Uint8Array | Int32Array>(values: Values, larger: Values): Values {
  larger.set(values);
  return larger;
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
