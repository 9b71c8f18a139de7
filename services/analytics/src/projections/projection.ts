import type { Event, EventType } from '@brew/events';
import type { Tx } from '@brew/postgres';

/**
 * A view of the topics, made for one report. It may be told of the same event more than once, under the same id
 * or another (a producer's retry can append twice), and must count it once: its tables have a row per order for
 * that.
 */
export interface Projection {
  /** Names its offsets: never renamed, or it would begin again at offset zero and find its tables full. */
  readonly name: string;
  /** The events that it is told of. */
  readonly events: readonly EventType[];
  /** Takes a batch into its tables, with one statement. */
  apply(tx: Tx, batch: Batch): Promise<void>;
}

export interface Batch {
  /** Number of a partition that only this instance reads: its counters are apart from those of the others. */
  readonly partition: number;
  /** In the order of their offsets, partition by partition. */
  readonly events: readonly Event[];
}

/** The data of those events of a batch that are of one type. */
export function dataOf<Data>(batch: Batch, type: EventType<Data>): Data[] {
  return batch.events.filter((event) => event.type.type === type.type).map((event) => event.data as Data);
}

/** As timestamptz is read from JSON: milliseconds would be taken for a date. */
export function timestamp(millis: number): string {
  return new Date(millis).toISOString();
}
