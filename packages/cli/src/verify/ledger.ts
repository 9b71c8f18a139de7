import type { Finding } from './invariants/finding.ts';
import { invariants } from './invariants/index.ts';
import { endOf, type OrderState } from './orderState.ts';
import { createPacker } from './pack.ts';
import type { SeenEvent } from './seen.ts';
import { createSkews, type Skew } from './skews.ts';
import { createTotals, type Totals } from './totals.ts';

/** An invariant that an order does not keep. */
export interface Breach {
  invariant: string;
  orderId: string;
  /** What is wrong, a sentence each. */
  sentences: string[];
  /** All events of the order, by time. */
  events: SeenEvent[];
}

export interface Counts {
  /** Orders that any event speaks of. */
  orders: number;
  delivered: number;
  cancelled: number;
  open: number;
  /** Without those that came again. */
  events: number;
  /** Events that came again as they were. */
  repeats: number;
  /** Orders whose beginning or end may have been deleted: only what is there of them was checked. */
  curtailed: number;
}

export interface Ledger {
  take(orderId: string, event: SeenEvent): void;
  /**
   * The topics hold only what happened since. What is missing of orders from before, or shortly after, is no breach:
   * retention took it, earlier on one topic than on the other.
   */
  beginsAt(time: number): void;
  /**
   * All breaches.
   * @param at a time, in milliseconds, up to which all events have been taken
   * @param graceMs how long what is missing may still be on its way
   */
  breaches(at: number, graceMs: number): Breach[];
  counts(): Counts;
  totals(): ReturnType<Totals['summary']>;
  /** Where clocks are seen to differ; the most first. */
  skews(): Skew[];
}

/** A delivered order has at least these: placed, reserved, paid, started, ready, assigned, delivered. */
const DELIVERY_EVENTS = 7;

/** Longer than an order lives, late refunds included. */
const LIFE_MS = 60 * 60 * 1_000;

/**
 * Keeps what the events tell of each order, in whatever order they are read, and says what can't be right.
 *
 * An order that has ended soundly is packed, and unpacked if anything comes for it again. So what is judged, and what is
 * large, are only the orders that are open or broken.
 */
export function createLedger(): Ledger {
  const packer = createPacker();
  const totals = createTotals();
  const skews = createSkews();
  const unsettled = new Map<string, OrderState>();
  const settled = new Map<string, number[]>();
  const counts = { events: 0, repeats: 0, delivered: 0, cancelled: 0 };
  let curtailed = 0;
  let begin = Number.NEGATIVE_INFINITY;

  function recall(orderId: string): OrderState {
    const order = unsettled.get(orderId);
    if (order) return order;
    const packed = settled.get(orderId);
    const recalled = packed ? packer.unpack(orderId, packed) : { id: orderId, events: [], altered: [] };
    if (packed) {
      settled.delete(orderId);
      totals.settle(recalled, -1);
    }
    unsettled.set(orderId, recalled);
    return recalled;
  }

  /** Whether nothing is wrong with it and nothing missing. */
  const isSound = (order: OrderState) => invariants.every(({ check }) => check(order).length === 0);

  function settleIfSound(order: OrderState): void {
    const end = endOf(order);
    // Most of the time is saved here: nearly all orders are delivered, and become sound with the last of their events.
    if (end === undefined || (end === 'delivered' && order.events.length < DELIVERY_EVENTS)) return;
    if (!isSound(order)) return;
    unsettled.delete(order.id);
    settled.set(order.id, packer.pack(order));
    totals.settle(order, 1);
  }

  function add(order: OrderState, event: SeenEvent): void {
    const before = endOf(order);
    for (const other of order.events) {
      if (other.id === event.causeId) skews.note(other, event);
      if (other.causeId === event.id) skews.note(event, other);
    }
    order.events.push(event);
    const after = endOf(order);
    if (before !== after) {
      if (before) counts[before]--;
      if (after) counts[after]++;
    }
    counts.events++;
    totals.count(event);
  }

  return {
    take(orderId, event) {
      const order = recall(orderId);
      const known = order.events.find(({ id }) => id === event.id);
      if (!known) add(order, event);
      else if (known.name === event.name && known.content === event.content) counts.repeats++;
      else order.altered.push(event);
      settleIfSound(order);
    },
    beginsAt(time) {
      begin = Math.max(begin, time);
    },
    breaches(at, graceMs) {
      const found: Breach[] = [];
      curtailed = 0;
      for (const order of unsettled.values()) {
        const complete = order.events.every(({ time }) => time >= begin + LIFE_MS);
        if (!complete) curtailed++;
        const isDue = ({ since }: Finding) => since === undefined || (complete && since + graceMs <= at);
        for (const { name, check } of invariants) {
          const sentences = check(order)
            .filter(isDue)
            .map(({ sentence }) => sentence);
          if (sentences.length > 0) {
            found.push({ invariant: name, orderId: order.id, sentences, events: byTime(order) });
          }
        }
      }
      return found;
    },
    counts() {
      const orders = unsettled.size + settled.size;
      return { orders, ...counts, open: orders - counts.delivered - counts.cancelled, curtailed };
    },
    totals: () => totals.summary(unsettled.values()),
    skews: skews.summary,
  };
}

const byTime = ({ events, altered }: OrderState): SeenEvent[] =>
  [...events, ...altered].sort((a, b) => a.time - b.time || a.offset - b.offset);
