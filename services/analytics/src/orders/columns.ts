import type { RowReader, RowWriter } from '@brew/postgres';
import type { Desk } from './desk.ts';

/** What a projection keeps of an order, a column each. All of them fill once: what came first stays. */
export interface ColumnTypes {
  text: TextColumn;
  /** A whole number. */
  number: NumberColumn;
  /** Milliseconds since 1970. */
  time: NumberColumn;
  /** Bits: steps that the order has taken. */
  steps: StepsColumn;
}
export type ColumnType = keyof ColumnTypes;

interface TextColumn {
  get(order: number): string | undefined;
  /** Sets it, if it is not set. */
  take(order: number, value: string): void;
}

interface NumberColumn {
  /** NaN: it is not set. */
  get(order: number): number;
  take(order: number, value: number): void;
}

interface StepsColumn {
  /** 0: none. */
  get(order: number): number;
  take(order: number, steps: number): void;
}

/** A column as the book knows it, which writes it down. */
export interface StoredColumn {
  /** As the table has it. */
  readonly sqlType: string;
  /** Reads it from the table as fill() takes it. */
  select(column: string): string;
  /** Takes what the table has, or null. */
  fill(order: number, value: unknown): void;
  /** For the parameter of a statement. */
  value(order: number): string | number | null;
  write(order: number, rows: RowWriter): void;
  /** Takes what was written. */
  read(order: number, rows: RowReader): void;
  clear(order: number): void;
}

export const createColumn: { [Type in ColumnType]: (desk: Desk) => ColumnTypes[Type] & StoredColumn } = {
  text: createTextColumn,
  number: (desk) =>
    createNumberColumn(desk, {
      sqlType: 'bigint',
      select: (column) => `${column}::float8`,
      write: (rows, value) => rows.bigint(value),
      read: (rows) => rows.bigint(),
      toSql: (value) => value,
    }),
  time: (desk) =>
    createNumberColumn(desk, {
      sqlType: 'timestamptz',
      select: (column) => `(extract(epoch from ${column}) * 1000)::float8`,
      write: (rows, value) => rows.time(value),
      read: (rows) => rows.time(),
      toSql: (value) => new Date(value).toISOString(),
    }),
  steps: createStepsColumn,
};

function createTextColumn(desk: Desk): TextColumn & StoredColumn {
  const values: (string | undefined)[] = [];
  desk.onGrow((capacity) => {
    while (values.length < capacity) values.push(undefined);
  });
  const take = (order: number, value: string) => {
    values[order] ??= value;
  };
  const fill = (order: number, value: unknown) => {
    if (typeof value === 'string') take(order, value);
  };
  return {
    sqlType: 'text',
    select: (name) => name,
    get: (order) => values[order],
    take,
    fill,
    value: (order) => values[order] ?? null,
    write(order, rows) {
      const value = values[order];
      if (value === undefined) rows.null();
      else rows.text(value);
    },
    read: (order, rows) => fill(order, rows.text()),
    clear(order) {
      values[order] = undefined;
    },
  };
}

interface NumberFormat extends Pick<StoredColumn, 'sqlType' | 'select'> {
  write(rows: RowWriter, value: number): void;
  read(rows: RowReader): number | null;
  toSql(value: number): string | number;
}

function createNumberColumn(
  desk: Desk,
  { sqlType, select, ...format }: NumberFormat,
): NumberColumn & StoredColumn {
  let values = new Float64Array(0);
  desk.onGrow((capacity) => {
    const larger = new Float64Array(capacity).fill(Number.NaN);
    larger.set(values);
    values = larger;
  });
  const take = (order: number, value: number) => {
    if (Number.isNaN(values[order])) values[order] = value;
  };
  const fill = (order: number, value: unknown) => {
    if (typeof value === 'number') take(order, value);
  };
  return {
    sqlType,
    select,
    get: (order) => values[order] as number,
    take,
    fill,
    value(order) {
      const value = values[order] as number;
      return Number.isNaN(value) ? null : format.toSql(value);
    },
    write(order, rows) {
      const value = values[order] as number;
      if (Number.isNaN(value)) rows.null();
      else format.write(rows, value);
    },
    read: (order, rows) => fill(order, format.read(rows)),
    clear(order) {
      values[order] = Number.NaN;
    },
  };
}

function createStepsColumn(desk: Desk): StepsColumn & StoredColumn {
  let values = new Int32Array(0);
  desk.onGrow((capacity) => {
    const larger = new Int32Array(capacity);
    larger.set(values);
    values = larger;
  });
  const take = (order: number, steps: number) => {
    values[order] = (values[order] as number) | steps;
  };
  const fill = (order: number, value: unknown) => {
    if (typeof value === 'number') take(order, value);
  };
  return {
    sqlType: 'integer',
    select: (name) => name,
    get: (order) => values[order] as number,
    take,
    fill,
    value: (order) => values[order] as number,
    write: (order, rows) => rows.integer(values[order] as number),
    read: (order, rows) => fill(order, rows.integer()),
    clear(order) {
      values[order] = 0;
    },
  };
}
