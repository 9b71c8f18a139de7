import { getHeapStatistics } from 'node:v8';
import { eventTypes } from '@brew/events';
import { invariants } from './invariants/index.ts';
import { bornAt, endOf, type OrderState } from './orderState.ts';
import { createPacker } from './pack.ts';
import type { SeenEvent } from './seen.ts';
import { createSkews, isMadeUp, type Skew } from './skews.ts';
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
  /** Orders of which something is missing that may have been deleted: only what is there of them was checked. */
  curtailed: number;
  /** Events of orders for which there was no room. */
  untaken: number;
}

export interface Ledger {
  take(orderId: string, event: SeenEvent): void;
  /**
   * The topic, by its declared name, holds only what happened since. What would be on it, and is missing of orders from before or shortly
   * after, is no breach: retention took it.
   */
  beginsAt(topic: string, time: number): void;
  /**
   * All breaches.
   * @param at a time, in milliseconds, up to which all events have been taken
   * @param graceMs how long what is missing may still be on its way
   * @param hasRead whether an order's partitions were read; if not, what is missing of it may be in the rest of them. Left out: all were
   */
  breaches(at: number, graceMs: number, hasRead?: (orderId: string) => boolean): Breach[];
  /** Of how many orders an invariant could not be checked wholly when breaches were looked for: what is missing may have been deleted, or unread. */
  unchecked(invariant: string): number;
  counts(): Counts;
  totals(): ReturnType<Totals['summary']>;
  /** Where clocks are seen to differ; the most first. */
  skews(): Skew[];
  /** What is known of an order, as it is now. */
  find(orderId: string): OrderState | undefined;
  /** All that is known. What comes meanwhile may be among it, or twice. */
  orders(): Iterable<OrderState>;
  /** Whether all that there ever was of these events (left out: of any) is there of an order that began at this time. */
  holds(bornAt: number, events?: readonly string[]): boolean;
}

/** A delivered order has at least these: placed, reserved, paid, started, ready, assigned, delivered. */
const DELIVERY_EVENTS = 7;

/** Longer than nearly all orders live: some do not tell by their ids when they began. */
const LIFE_MS = 60 * 60 * 1_000;

const topicOf = new Map(eventTypes.map(({ name, topic }) => [name, topic.name]));

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
  const unchecked = new Map<string, number>();
  let untaken = 0;
  let numbers = 0;
  let isFull = false;
  /** By topic. */
  const begins = new Map<string, number>();

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

  function holds(born: number, events?: readonly string[]): boolean {
    const topics = events ? events.map((name) => topicOf.get(name) ?? '') : begins.keys();
    for (const topic of topics)
      if (born < (begins.get(topic) ?? Number.NEGATIVE_INFINITY) + LIFE_MS) return false;
    return true;
  }

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
    beginsAt(topic, time) {
      // A record may bear any time, and none.
      const begin = Math.min(time, Date.now()) || Date.now();
      begins.set(topic, Math.max(begins.get(topic) ?? begin, begin));
    },
    breaches(at, graceMs, hasRead = () => true) {
      const found: Breach[] = [];
      curtailed = 0;
      unchecked.clear();
      for (const order of unsettled.values()) {
        const born = bornAt(order);
        let isCurtailed = false;
        for (const { name, check } of invariants) {
          const due = check(order).filter(({ missing }) => !missing || isDue(missing.since, at, graceMs));
          const there = due.filter(({ missing }) => !missing || holds(born, missing.events));
          const told = there.filter(({ missing }) => !missing || hasRead(order.id));
          if (there.length < due.length) isCurtailed = true;
          if (told.length < due.length) {
            unchecked.set(name, (unchecked.get(name) ?? 0) + 1);
          }
          const sentences = told.map(({ sentence }) => sentence);
          if (sentences.length > 0) {
            found.push({ invariant: name, orderId: order.id, sentences, events: byTime(order) });
          }
        }
        if (isCurtailed) curtailed++;
      }
      return found;
    },
    unchecked: (invariant) => unchecked.get(invariant) ?? 0,
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

/** A time of the future is no excuse: nothing is on its way then. */
const isDue = (since: number, at: number, graceMs: number): boolean =>
  since + graceMs <= at || isMadeUp(since - at);

/** In its partition: anywhere else it is no repeat. */
const isRepeat = (one: SeenEvent, other: SeenEvent): boolean =>
  one.name === other.name &&
  one.time === other.time &&
  one.content === other.content &&
  one.topic === other.topic &&
  one.partition === other.partition;

const byTime = ({ events, altered }: OrderState): SeenEvent[] =>
  [...events, ...altered].sort((a, b) => a.time - b.time || a.offset - b.offset);
