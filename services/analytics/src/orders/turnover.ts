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

const OPEN = 1;
const ENDED = 2;

export function createTurnover(desk: Desk, limits: Limits): Turnover {
  let states = new Uint8Array(0);
  /** The how manieth to come each of them was. */
  let arrivals = new Float64Array(0);
  let arrived = 0;
  let openOnes = 0;
  /** In the order in which they ended. */
  const ended: number[] = [];
  desk.onGrow((capacity) => {
    const [moreStates, moreArrivals] = [new Uint8Array(capacity), new Float64Array(capacity)];
    moreStates.set(states);
    moreArrivals.set(arrivals);
    states = moreStates;
    arrivals = moreArrivals;
  });
  desk.onArrival((order) => {
    states[order] = OPEN;
    arrivals[order] = arrived++;
    openOnes++;
  });

  /** In the order in which they came. */
  function open(): number[] {
    const orders: number[] = [];
    for (let order = 0; order < states.length; order++) if (states[order] === OPEN) orders.push(order);
    return orders.sort((a, b) => (arrivals[a] as number) - (arrivals[b] as number));
  }
  function leave(order: number): void {
    states[order] = 0;
    desk.remove(order);
  }
  /** So many that it is worth while to look who they are. */
  const areTooMany = (count: number, limit: number) => count - limit >= limit / 8;

  return {
    end(order) {
      if (states[order] !== OPEN) return;
      states[order] = ENDED;
      ended.push(order);
      openOnes--;
    },
    clear() {
      if (areTooMany(ended.length, limits.ended)) {
        for (const order of ended.splice(0, ended.length - limits.ended)) leave(order);
      }
      if (areTooMany(openOnes, limits.open)) {
        for (const order of open().slice(0, openOnes - limits.open)) leave(order);
        openOnes = limits.open;
      }
    },
    sort(orders) {
      if (orders === undefined) return { ended: [...ended], open: open() };
      return {
        ended: orders.filter((order) => states[order] === ENDED),
        open: orders.filter((order) => states[order] === OPEN),
      };
    },
  };
}
