import type { Desk } from './desk.ts';

/** How many orders stay at hand. */
export interface Limits {
  /** Those that ended last: their events may come again, or late from other topics. */
  ended: number;
  /** Those under way that came last: of many the end may never come, such as when it was already deleted. */
  open: number;
}

/** Decides who leaves the desk, so that it stays small whatever comes. */
export interface Turnover {
  /** An order has ended. */
  end(order: number): void;
  /** Has those leave who are too many. */
  clear(): void;
  /** Tells these orders apart, or all at hand, in the order in which they will leave. */
  sort(orders?: readonly number[]): { ended: number[]; open: number[] };
}

export function createTurnover(desk: Desk, limits: Limits): Turnover {
  /** In the order in which they came, and ended. */
  const open = new Set<number>();
  const ended = new Set<number>();
  desk.onArrival((order) => open.add(order));

  function removeFirst(orders: Set<number>, atMost: number): void {
    let tooMany = orders.size - atMost;
    // Many at a time: what was taken from the front of a set is stepped over by whoever looks for the next one.
    if (tooMany * 8 < atMost) return;
    for (const order of orders) {
      if (tooMany-- <= 0) return;
      orders.delete(order);
      desk.remove(order);
    }
  }

  return {
    end(order) {
      if (open.delete(order)) ended.add(order);
    },
    clear() {
      removeFirst(ended, limits.ended);
      removeFirst(open, limits.open);
    },
    sort: (orders = [...ended, ...open]) => ({
      ended: orders.filter((order) => ended.has(order)),
      open: orders.filter((order) => !ended.has(order)),
    }),
  };
}
