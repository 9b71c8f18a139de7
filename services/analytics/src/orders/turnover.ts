import type { Desk } from './desk.ts';

/** Decides who leaves the desk, so that it stays small whatever comes. Whoever left and has another event comes back from the tables. */
export interface Turnover {
  /** An order has ended. */
  end(order: number): void;
  /**
   * Those who leave now: what ended before the last time this was asked, since some of its events may come a little late from other
   * topics; and, when there are too many, those who came first.
   */
  leaving(): number[];
}

export function createTurnover(desk: Desk, atMost: number): Turnover {
  let hasEnded = new Uint8Array(0);
  /** In which round each order came. */
  let arrivals = new Uint32Array(0);
  let round = 0;
  let ended: number[] = [];
  let endedBefore: number[] = [];
  desk.onGrow((capacity) => {
    const [endedLonger, arrivalsLonger] = [new Uint8Array(capacity), new Uint32Array(capacity)];
    endedLonger.set(hasEnded);
    arrivalsLonger.set(arrivals);
    hasEnded = endedLonger;
    arrivals = arrivalsLonger;
  });
  desk.onArrival((order) => {
    hasEnded[order] = 0;
    arrivals[order] = round;
  });

  /** Those of the earliest rounds, until few enough are left. */
  function firstComers(count: number): number[] {
    const byRound = new Map<number, number[]>();
    for (let order = 0; order < desk.capacity; order++) {
      if (!desk.has(order)) continue;
      const arrived = arrivals[order] as number;
      const others = byRound.get(arrived);
      if (others) others.push(order);
      else byRound.set(arrived, [order]);
    }
    const leaving: number[] = [];
    for (const [, orders] of [...byRound].sort(([a], [b]) => a - b)) {
      if (leaving.length >= count) break;
      leaving.push(...orders);
    }
    return leaving;
  }

  return {
    end(order) {
      if (hasEnded[order] !== 0) return;
      hasEnded[order] = 1;
      ended.push(order);
    },
    leaving() {
      // Its number may have gone to another order meanwhile, which has not ended.
      const leaving = new Set(endedBefore.filter((order) => desk.has(order) && hasEnded[order] !== 0));
      endedBefore = ended;
      ended = [];
      round++;
      const tooMany = desk.size - leaving.size - atMost;
      if (tooMany > 0) for (const order of firstComers(tooMany)) leaving.add(order);
      return [...leaving];
    },
  };
}
