import type { Desk } from './desk.ts';

/** The greatest id that any table has. Ids are UUIDv7, so what is greater is new: nobody needs to look for it in the tables. */
export interface GreatestId {
  /** A table has this order from now on. */
  note(order: number): void;
  noteId(id: string): void;
  /** Whether a table may have an order with this id. */
  covers(order: number): boolean;
}

export function createGreatestId(desk: Desk): GreatestId {
  /** Bytes are compared as PostgreSQL's "C" does, and ids are ASCII, so that it is the same for strings. */
  let greatest = Buffer.alloc(0);

  function isGreater(order: number): boolean {
    const { ids } = desk;
    const start = desk.startOf(order);
    const length = desk.endOf(order) - start;
    for (let i = 0; i < length; i++) {
      if (i === greatest.length) return true;
      const difference = (ids[start + i] as number) - (greatest[i] as number);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  return {
    note(order) {
      if (isGreater(order)) greatest = Buffer.from(desk.ids.subarray(desk.startOf(order), desk.endOf(order)));
    },
    noteId(id) {
      const bytes = Buffer.from(id);
      if (Buffer.compare(bytes, greatest) > 0) greatest = bytes;
    },
    covers: (order) => !isGreater(order),
  };
}
