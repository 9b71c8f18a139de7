import type { EventType } from '@brew/events';
import type { FieldsOf, Picked } from '@brew/kafka';
import type { ColumnType, ColumnTypes } from '../orders/columns.ts';

/**
 * A view of the topics, made for one report: what it counts over all orders, and what it has to know of each for that. It lives in a
 * PostgreSQL schema of its own for each generation, `NAME_gNUMBER`, and is read through views in the schema NAME.
 */
export interface Projection<Columns extends Record<string, ColumnType> = Record<string, ColumnType>> {
  /** Names its schemas: never renamed, or it would be built anew beside the old one. */
  readonly name: string;
  /**
   * Of this code: one more whenever the same events lead to other tables. The service then builds it anew by itself, while the tables
   * that it finds are still read.
   */
  readonly version: number;
  /** What it is made from. */
  readonly events: readonly EventType[];
  /** SQL that makes its tables, which are the report. */
  readonly tables: URL;
  /** The column of its tables that says when that happened which a row counts: what topics do not hold any more is carried over by it. */
  readonly time: string;
  /** What it knows of each order at hand. */
  readonly columns: Columns;
  /** How old and new are compared. */
  readonly compared: Compared;
  /** Begins to take events, for as long as it is not begun anew. */
  begin(columns: { [Name in keyof Columns]: ColumnTypes[Columns[Name]] }): Tally;
}

interface Compared {
  /** What is told of, such as `cafe`: the first of the keys. */
  by: string;
  /** The columns that say what a row is about, beside `hour`. */
  keys: readonly [string, ...string[]];
  /** What a row counts, by name, in SQL. */
  numbers: Readonly<Record<string, string>>;
  /** All that the tables in a schema count since $1, in SQL: a column `hour`, which is `hour`, the keys and the others. The same is in the same rows, however it is stored. */
  rows: (schema: string, hour: string) => string;
}

/** What a projection makes of events, until it is written. Orders go by the numbers that they have on the desk. */
interface Tally {
  /**
   * Count an event. They may be told of the same one again, under the same id or another: a column takes only the first, and says whether
   * this was it.
   */
  readonly takes: readonly Take[];
  /** Of projections that count only what several events of an order tell together. */
  readonly joins?: Joins;
  /** Takes out what was counted since: the statement that adds it to its table; undefined when there is nothing to add. */
  drain(schema: string): Statement | undefined;
}

export interface Joins {
  /** Whether something of the order could not be counted, since what it was placed with is not known. */
  lacks(order: number): boolean;
  /** Counts it, once that is known. */
  make(order: number): void;
}

interface Statement {
  text: string;
  values: unknown[];
}

export interface Take {
  readonly event: EventType;
  /** The fields that it needs; the order is told by the record's key. */
  readonly fields: object;
  readonly take: (order: number, data: never) => void;
}

const HOUR_MS = 60 * 60 * 1000;

/** When the hour (UTC) of a time begins; both in milliseconds since 1970. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** Keeps the types of the columns. */
export const defineProjection = <const Columns extends Record<string, ColumnType>>(
  projection: Projection<Columns>,
): Projection => projection as unknown as Projection;

/** Declares what is done with the events of one type, and which of their fields it takes. */
export const on = <Data, const Fields extends FieldsOf<Data>>(
  event: EventType<Data>,
  fields: Fields,
  take: (order: number, data: Picked<Data, Fields>) => void,
): Take => ({ event: event as EventType, fields, take });

/** The topics with the events of projections. */
export const topicsOf = (projections: readonly Projection[]): string[] => [
  ...new Set(projections.flatMap(({ events }) => events).map(({ topic }) => topic.name)),
];
