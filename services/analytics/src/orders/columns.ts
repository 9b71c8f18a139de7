import type { Desk } from './desk.ts';

/** What a projection keeps of an order, a column each. All of them fill once: what came first stays. */
export interface ColumnTypes {
  text: TextColumn;
  /** A number, such as milliseconds since 1970. */
  number: NumberColumn;
  /** Bits: steps that the order has taken. */
  steps: StepsColumn;
}
export type ColumnType = keyof ColumnTypes;

interface TextColumn {
  get(order: number): string | undefined;
  /** Sets it, if it is not set. @returns whether it did */
  take(order: number, value: string): boolean;
}

interface NumberColumn {
  /** NaN: it is not set. */
  get(order: number): number;
  take(order: number, value: number): boolean;
}

interface StepsColumn {
  /** @returns whether the order has taken this step only now */
  take(order: number, step: number): boolean;
}

/** A column as the book knows it, which writes it down. */
export interface StoredColumn {
  clear(order: number): void;
  /** What it has of orders, as bytes. */
  pack(orders: readonly number[]): Buffer;
  /** Fills in what it does not have yet of these orders. */
  unpack(orders: readonly number[], bytes: Buffer): void;
}

export const createColumn: { [Type in ColumnType]: (desk: Desk) => ColumnTypes[Type] & StoredColumn } = {
  text: createTextColumn,
  number: createNumberColumn,
  steps: createStepsColumn,
};

function createTextColumn(desk: Desk): TextColumn & StoredColumn {
  const values: (string | undefined)[] = [];
  desk.onGrow((capacity) => {
    while (values.length < capacity) values.push(undefined);
  });
  return {
    get: (order) => values[order],
    take(order, value) {
      if (values[order] !== undefined) return false;
      values[order] = value;
      return true;
    },
    clear(order) {
      values[order] = undefined;
    },
    pack: (orders) => Buffer.from(JSON.stringify(orders.map((order) => values[order] ?? null))),
    unpack(orders, bytes) {
      const texts: (string | null)[] = JSON.parse(bytes.toString());
      for (const [i, order] of orders.entries()) values[order] ??= texts[i] ?? undefined;
    },
  };
}

function createNumberColumn(desk: Desk): NumberColumn & StoredColumn {
  let values = new Float64Array(0);
  desk.onGrow((capacity) => {
    const larger = new Float64Array(capacity).fill(Number.NaN);
    larger.set(values);
    values = larger;
  });
  return {
    get: (order) => values[order] as number,
    take(order, value) {
      if (!Number.isNaN(values[order])) return false;
      values[order] = value;
      return true;
    },
    clear(order) {
      values[order] = Number.NaN;
    },
    pack: (orders) => pick(values, orders, new Float64Array(orders.length)),
    unpack(orders, bytes) {
      const numbers = new Float64Array(new Uint8Array(bytes).buffer);
      for (const [i, order] of orders.entries()) {
        if (Number.isNaN(values[order])) values[order] = numbers[i] as number;
      }
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
  return {
    take(order, step) {
      const before = values[order] as number;
      values[order] = before | step;
      return (before & step) === 0;
    },
    clear(order) {
      values[order] = 0;
    },
    pack: (orders) => pick(values, orders, new Int32Array(orders.length)),
    unpack(orders, bytes) {
      const steps = new Int32Array(new Uint8Array(bytes).buffer);
      for (const [i, order] of orders.entries()) {
        values[order] = (values[order] as number) | (steps[i] as number);
      }
    },
  };
}

/** As the machine has numbers: who reads them runs on one like it. */
function pick<Values extends Float64Array | Int32Array>(
  values: Values,
  orders: readonly number[],
  picked: Values,
): Buffer {
  for (let i = 0; i < orders.length; i++) picked[i] = values[orders[i] as number] as number;
  return Buffer.from(picked.buffer);
}
