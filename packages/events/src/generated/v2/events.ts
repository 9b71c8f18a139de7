// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate

import { defineEvent, type EventType } from '../../eventType.ts';
import { successors } from '../../topics.ts';
import * as schemas from './schemas.ts';

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type TimestampMillis = number;

/**
 * Where an order was placed: in our own app, at the counter of a cafe, or with a partner who passes it on.
 */
export type Channel = 'app' | 'counter' | 'partner';

/** Who ordered, and where it goes. */
export interface Customer {
  /** The name that is called out, or rung for. */
  name: string;
  /** Where the courier delivers, in one line. */
  address: string;
}

/** What the cafes make of it: a drink at the bar, or food from the counter. */
export type Category = 'drink' | 'food';

/** One line of the order. */
export interface OrderItem {
  /** The menu item. */
  sku: string;
  /** What the menu called it. */
  name: string;
  /** Drink or food. */
  category: Category;
  /** How many, at least 1. */
  quantity: number;
  /** The price of one, in integer minor units of the order's currency. */
  unitPrice: number;
  /** How long a barista needs for one, in seconds of life. */
  preparationSeconds: number;
}

/**
 * A customer has placed an order. Names, prices and preparation times are those of the moment: a later change
 * of the menu does not touch the order. All its amounts are in one currency.
 */
export interface OrderPlaced {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that makes it. */
  cafeId: string;
  /** Where it was placed. */
  channel: Channel;
  /** Who ordered, and where it goes. */
  customer: Customer;
  /** At least one line. */
  items: OrderItem[];
  /** ISO 4217 code, such as EUR, of every amount in the order. */
  currency: string;
  /** The sum over all lines of quantity times unit price, in integer minor units of the currency. */
  total: number;
  /** When the order was accepted. */
  placedAt: TimestampMillis;
}

export const OrderPlaced = defineEvent<OrderPlaced>({
  topic: successors.orders,
  schema: schemas.OrderPlaced,
  keyOf: (event) => event.orderId,
});

/**
 * The customer wants to cancel an order that has been paid. The kitchen decides: it drops the ticket, or has
 * already started.
 */
export interface CancellationRequested {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** When the customer asked. */
  requestedAt: TimestampMillis;
  /**
   * The cafe that would make it, so that a kitchen that never heard of the order can drop its ticket. Null
   * before version 2.
   */
  cafeId: string | null;
}

export const CancellationRequested = defineEvent<CancellationRequested>({
  topic: successors.orders,
  schema: schemas.CancellationRequested,
  keyOf: (event) => event.orderId,
});

/** Why an order was cancelled. */
export type CancellationReason = 'out_of_stock' | 'payment_failed' | 'payment_timeout' | 'customer_request';

/** The order has ended without delivery. Its stock is released and what was paid is given back. */
export interface OrderCancelled {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** Why it was cancelled. */
  reason: CancellationReason;
  /** When it was cancelled. */
  cancelledAt: TimestampMillis;
}

export const OrderCancelled = defineEvent<OrderCancelled>({
  topic: successors.orders,
  schema: schemas.OrderCancelled,
  keyOf: (event) => event.orderId,
});

/** Every event of these topics, in the order of topics.ts. */
export const eventTypes: readonly EventType[] = [
  OrderPlaced,
  CancellationRequested,
  OrderCancelled,
];
