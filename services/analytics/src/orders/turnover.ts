import type { Desk } from './desk.ts';

/** How many orders stay at hand. */
export interface Limits {
  /** Those that ended last: their events may come again, or late from other topics. */
  ended: number;
  /** Those under way that came last: the others wait in PostgreSQL. */
  open: number;
}

/** Decides who leaves the desk, so that it stays small whatever comes. */
export interface Turnover {
  /** An order has ended. */
  end(order: number): void;
  /** Has those leave who are too many of those that have ended. @param forget told of each before it does */
  clear(forget: (order: number) => void): void;
  /** Whether so many are under way that it is time to ask who is to make room. */
  readonly isFull: boolean;
  /** Those under way that are too many: who came first. */
  excess(): number[];
  /** An order under way makes room. */
  leave(order: number): void;
  /** Tells these orders apart, or all at hand, in the order in which they will leave. */
  sort(orders?: readonly number[]): { ended: number[]; open: number[] };
}

const GONE = 0;
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
  /** So many that it is worth while to look who they are. */
  const areTooMany = (count: number, limit: number) => count - limit >= limit / 8;

  return {
    end(order) {
      if (states[order] !== OPEN) return;
      states[order] = ENDED;
      ended.push(order);
      openOnes--;
    },
    clear(forget) {
      if (!areTooMany(ended.length, limits.ended)) return;
      for (const order of ended.splice(0, ended.length - limits.ended)) {
        forget(order);
        states[order] = GONE;
        desk.remove(order);
      }
    },
    get isFull() {
      return areTooMany(openOnes, limits.open);
    },
    excess: () => (areTooMany(openOnes, limits.open) ? open().slice(0, openOnes - limits.open) : []),
    leave(order) {
      states[order] = GONE;
      openOnes--;
      desk.remove(order);
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
