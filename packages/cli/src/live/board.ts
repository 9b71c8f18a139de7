import type { Event, OrderCancelled, OrderPlaced } from '@brew/events';
import { createRates, type TopicRate } from './rates.ts';

/** The states of an order, as its customer sees them, in the order in which it goes through them. */
export const orderStates = [
  'placed',
  'paid',
  'preparing',
  'ready',
  'on_the_way',
  'delivered',
  'cancelled',
] as const;
export type OrderState = (typeof orderStates)[number];

/** An order that the board shows from its beginning to its end. */
export interface FollowedOrder {
  orderId: string;
  /** "2 Flat White, Croissant" */
  items: string;
  state: OrderState;
  /** When each state was reached, in epoch milliseconds. */
  times: Partial<Record<OrderState, number>>;
  /** Why it was cancelled. */
  reason?: string;
}

export interface BoardSnapshot {
  /** Orders that are in this state now; of delivered and cancelled: since the board began. */
  counts: Record<OrderState, number>;
  orders: FollowedOrder[];
  rates: TopicRate[];
}

export interface Board {
  /** Takes note of an event. Events of different topics may come in any order, and the same event more than once. */
  see(event: Event, now: number): void;
  snapshot(now: number): BoardSnapshot;
}

const stateOf: Readonly<Record<string, OrderState>> = {
  OrderPlaced: 'placed',
  PaymentReceived: 'paid',
  KitchenStarted: 'preparing',
  OrderReady: 'ready',
  CourierAssigned: 'on_the_way',
  OrderDelivered: 'delivered',
  OrderCancelled: 'cancelled',
};

/** How many orders are followed at the same time: more than a terminal has lines for. */
const SLOTS = 40;
/** How long an order stays on the board after its end, so that it can be read. */
const LINGER_MS = 3_000;
/** How many ended orders are remembered, so that an event that comes late or twice does not bring one back. */
const REMEMBERED = 20_000;
/** Orders in flight that are kept in mind; beyond it the oldest are forgotten. */
const IN_FLIGHT = 100_000;

/**
 * What the live view shows, made from events alone, so that it goes on whichever service is killed. Each line follows
 * one order to its end and then takes a new one: a list of the newest orders would scroll them out of sight before
 * anything had happened to them.
 */
export function createBoard(topics: readonly string[]): Board {
  const inFlight = new Map<string, FollowedOrder>();
  const ended = new Set<string>();
  const totals = { delivered: 0, cancelled: 0 };
  const slots: FollowedOrder[] = [];
  const rates = createRates(topics);

  function find(orderId: string): FollowedOrder {
    const known = inFlight.get(orderId);
    if (known) return known;
    const order: FollowedOrder = { orderId, items: '', state: 'placed', times: {} };
    inFlight.set(orderId, order);
    forgetBeyond(inFlight, IN_FLIGHT);
    return order;
  }

  function end(order: FollowedOrder, state: 'delivered' | 'cancelled'): void {
    totals[state] += 1;
    inFlight.delete(order.orderId);
    ended.add(order.orderId);
    forgetBeyond(ended, REMEMBERED);
  }

  /** Gives a new order a line: a new one, or that of an order which has ended a while ago. */
  function follow(order: FollowedOrder, now: number): void {
    const free = slots.findIndex(({ state, times }) => {
      const endedAt = isEnd(state) ? times[state] : undefined;
      return endedAt !== undefined && now - endedAt > LINGER_MS;
    });
    if (free >= 0) slots[free] = order;
    else if (slots.length < SLOTS) slots.push(order);
  }

  return {
    see(event, now) {
      rates.count(event.type.topic.name, now);
      const state = stateOf[event.type.name];
      const orderId = event.correlationId;
      if (state === undefined) return;
      // An event that comes after the end, from another topic, completes the order's line and changes nothing else.
      const order = ended.has(orderId) ? slots.find((slot) => slot.orderId === orderId) : find(orderId);
      if (order === undefined) return;
      order.times[state] ??= event.time.getTime();
      if (ended.has(orderId)) return;
      if (rank(state) > rank(order.state)) order.state = state;
      if (event.type.name === 'OrderPlaced' && order.items === '') {
        order.items = itemsOf(event.data as OrderPlaced);
        follow(order, now);
      }
      if (event.type.name === 'OrderCancelled') order.reason = (event.data as OrderCancelled).reason;
      if (isEnd(state)) end(order, state);
    },

    snapshot(now) {
      const counts = { placed: 0, paid: 0, preparing: 0, ready: 0, on_the_way: 0, ...totals };
      for (const { state } of inFlight.values()) counts[state] += 1;
      return { counts, orders: slots.map((order) => ({ ...order })), rates: rates.snapshot(now) };
    },
  };
}

const rank = (state: OrderState) => orderStates.indexOf(state);

function isEnd(state: OrderState): state is 'delivered' | 'cancelled' {
  return state === 'delivered' || state === 'cancelled';
}

function itemsOf({ items }: OrderPlaced): string {
  return items.map(({ name, quantity }) => (quantity > 1 ? `${quantity} ${name}` : name)).join(', ');
}

/** Maps and sets iterate in the order of insertion, so the first is the oldest. */
function forgetBeyond(memory: Map<string, unknown> | Set<string>, limit: number): void {
  if (memory.size <= limit) return;
  const [oldest] = memory.keys();
  if (oldest !== undefined) memory.delete(oldest);
}
