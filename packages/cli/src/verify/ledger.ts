import { getHeapStatistics } from 'node:v8';
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
  /** Events of orders for which there was no room. */
  untaken: number;
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
  /** What is known of an order, as it is now. */
  find(orderId: string): OrderState | undefined;
  /** All that is known. What comes meanwhile may be among it, or twice. */
  orders(): Iterable<OrderState>;
  /** Whether an order of this time is told from its beginning; of others retention may have taken some. */
  holds(time: number): boolean;
}

/** A delivered order has at least these: placed, reserved, paid, started, ready, assigned, delivered. */
const DELIVERY_EVENTS = 7;

/** Longer than an order lives, late refunds included. */
const LIFE_MS = 60 * 60 * 1_000;

/** Of the memory that there is; the rest is for what is read, and said in the end. */
const mostBytes = (): number => getHeapStatistics().heap_size_limit * 0.5;
/** Beside its numbers; and what one takes that is not packed, about. */
const PACKED_BYTES = 150;
const OPEN_BYTES = 4_000;

/**
 * Keeps what the events tell of each order, in whatever order they are read, and says what can't be right.
 *
 * An order that has ended soundly is packed, and unpacked if anything comes for it again. So what is judged, and what is
 * large, are only the orders that are open or broken.
 *
 * @param most bytes of memory, about. When they are full, no further order is taken up, and those that are known are followed to their end:
 *   what is said of them stays true
 */
export function createLedger(most: number = mostBytes()): Ledger {
  const packer = createPacker();
  const totals = createTotals();
  const skews = createSkews();
  const unsettled = new Map<string, OrderState>();
  const settled = new Map<string, number[]>();
  const counts = { events: 0, repeats: 0, delivered: 0, cancelled: 0 };
  let curtailed = 0;
  let untaken = 0;
  let numbers = 0;
  let isFull = false;
  let begin = Number.NEGATIVE_INFINITY;

  /** Undefined when there is no room for one more. */
  function recall(orderId: string): OrderState | undefined {
    const order = unsettled.get(orderId);
    if (order) return order;
    const packed = settled.get(orderId);
    const recalled = packed ? packer.unpack(orderId, packed) : { id: orderId, events: [], altered: [] };
    if (packed) {
      settled.delete(orderId);
      numbers -= packed.length;
      totals.settle(recalled, -1);
    } else {
      isFull ||= numbers * 8 + settled.size * PACKED_BYTES + unsettled.size * OPEN_BYTES > most;
      if (isFull) return undefined;
    }
    unsettled.set(orderId, recalled);
    return recalled;
  }

  const holds = (time: number) => time >= begin + LIFE_MS;

  /** Whether nothing is wrong with it and nothing missing. */
  const isSound = (order: OrderState) => invariants.every(({ check }) => check(order).length === 0);

  function settleIfSound(order: OrderState): void {
    const end = endOf(order);
    // Most of the time is saved here: nearly all orders are delivered, and become sound with the last of their events.
    if (end === undefined || (end === 'delivered' && order.events.length < DELIVERY_EVENTS)) return;
    if (!isSound(order)) return;
    unsettled.delete(order.id);
    const packed = packer.pack(order);
    settled.set(order.id, packed);
    numbers += packed.length;
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
      if (!order) {
        untaken++;
        return;
      }
      const known = order.events.find(({ id }) => id === event.id);
      if (!known) add(order, event);
      else if (isRepeat(known, event)) counts.repeats++;
      else order.altered.push(event);
      settleIfSound(order);
    },
    beginsAt(time) {
      // A record may bear any time, and none.
      begin = Math.max(begin, Math.min(time, Date.now()) || Date.now());
    },
    breaches(at, graceMs) {
      const found: Breach[] = [];
      curtailed = 0;
      for (const order of unsettled.values()) {
        const complete = order.events.every(({ time }) => holds(time));
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
      return { orders, ...counts, open: orders - counts.delivered - counts.cancelled, curtailed, untaken };
    },
    totals: () => totals.summary(unsettled.values()),
    skews: skews.summary,
    find(orderId) {
      const packed = settled.get(orderId);
      return packed ? packer.unpack(orderId, packed) : unsettled.get(orderId);
    },
    *orders() {
      yield* unsettled.values();
      for (const [orderId, packed] of settled) yield packer.unpack(orderId, packed);
    },
    holds,
  };
}

/** In its partition: anywhere else it is no repeat. */
const isRepeat = (one: SeenEvent, other: SeenEvent): boolean =>
  one.name === other.name &&
  one.content === other.content &&
  one.topic === other.topic &&
  one.partition === other.partition;

const byTime = ({ events, altered }: OrderState): SeenEvent[] =>
  [...events, ...altered].sort((a, b) => a.time - b.time || a.offset - b.offset);
