// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate

import { defineEvent, type EventType } from '../eventType.ts';
import { topics } from '../topics.ts';
import * as schemas from './schemas.ts';

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type TimestampMillis = number;

/** Who ordered, and where it goes. */
export interface Customer {
  /** The name that is called out, or rung for. */
  name: string;
  /** Where the courier delivers, in one line. */
  address: string;
}

/** What the cafes make of it: a drink at the bar, or food from the counter. */
export type Category = 'drink' | 'food';

/** An amount of money, exact: never a fraction of a minor unit. */
export interface Money {
  /** Integer minor units of the currency (cents for EUR). */
  amount: number;
  /** ISO 4217 code, such as EUR. */
  currency: string;
}

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
  /** The price of one. */
  unitPrice: Money;
  /** How long a barista needs for one, in seconds of life. */
  preparationSeconds: number;
}

/**
 * Where an order was placed: in our own app, at the counter of a cafe, or with a partner who passes it on.
 */
export type Channel = 'app' | 'counter' | 'partner';

/**
 * A customer has placed an order. Names, prices and preparation times are those of the moment: a later change
 * of the menu does not touch the order.
 */
export interface OrderPlaced {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that makes it. */
  cafeId: string;
  /** Who ordered, and where it goes. */
  customer: Customer;
  /** At least one line. */
  items: OrderItem[];
  /** The sum over all lines of quantity times unit price. */
  total: Money;
  /** When the order was accepted. */
  placedAt: TimestampMillis;
  /** Where it was placed. Orders from before this was told count as placed in the app. */
  channel: Channel;
}

export const OrderPlaced = defineEvent<OrderPlaced>({
  topic: topics.orders,
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
  topic: topics.orders,
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
  topic: topics.orders,
  schema: schemas.OrderCancelled,
  keyOf: (event) => event.orderId,
});

/** The order is paid and goes ahead. From here on the kitchen decides about a cancellation. */
export interface PaymentReceived {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The payment, as the payment provider names it. */
  paymentId: string;
  /** What was paid. */
  amount: Money;
  /** When order-service learned of it. */
  receivedAt: TimestampMillis;
}

export const PaymentReceived = defineEvent<PaymentReceived>({
  topic: topics.payments,
  schema: schemas.PaymentReceived,
  keyOf: (event) => event.orderId,
});

/** The payment was declined: the order is cancelled. */
export interface PaymentFailed {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The payment, as the payment provider names it. */
  paymentId: string;
  /** What the payment provider says, for people to read. */
  reason: string;
  /** When order-service learned of it. */
  failedAt: TimestampMillis;
}

export const PaymentFailed = defineEvent<PaymentFailed>({
  topic: topics.payments,
  schema: schemas.PaymentFailed,
  keyOf: (event) => event.orderId,
});

/** What was paid for a cancelled order has been given back. */
export interface PaymentRefunded {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The payment that is given back. */
  paymentId: string;
  /** The refund, as the payment provider names it. */
  refundId: string;
  /** What was given back. */
  amount: Money;
  /** When the payment provider confirmed it. */
  refundedAt: TimestampMillis;
}

export const PaymentRefunded = defineEvent<PaymentRefunded>({
  topic: topics.payments,
  schema: schemas.PaymentRefunded,
  keyOf: (event) => event.orderId,
});

/** A barista has begun: from now on it is too late to cancel. */
export interface KitchenStarted {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that makes it. */
  cafeId: string;
  /** Which of the cafe's baristas makes it, counted from 1. */
  slot: number;
  /** When the barista began. */
  startedAt: TimestampMillis;
  /** When everything should be ready. */
  expectedReadyAt: TimestampMillis;
}

export const KitchenStarted = defineEvent<KitchenStarted>({
  topic: topics.kitchen,
  schema: schemas.KitchenStarted,
  keyOf: (event) => event.orderId,
});

/** Everything is made and waits for a courier. */
export interface OrderReady {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** Where the courier picks it up. */
  cafeId: string;
  /** Who ordered, and where it goes. */
  customer: Customer;
  /** When the last item was ready. */
  readyAt: TimestampMillis;
}

export const OrderReady = defineEvent<OrderReady>({
  topic: topics.kitchen,
  schema: schemas.OrderReady,
  keyOf: (event) => event.orderId,
});

/** The kitchen had not started yet and takes the order off its list, as the customer asked. */
export interface TicketDropped {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that would have made it. */
  cafeId: string;
  /** When the ticket was dropped. */
  droppedAt: TimestampMillis;
}

export const TicketDropped = defineEvent<TicketDropped>({
  topic: topics.kitchen,
  schema: schemas.TicketDropped,
  keyOf: (event) => event.orderId,
});

/** A courier is on the way with the order. */
export interface CourierAssigned {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The courier, such as courier-007. */
  courierId: string;
  /** What the customer calls the courier. */
  courierName: string;
  /** When the courier took the order. */
  assignedAt: TimestampMillis;
  /** When the courier should be at the door. */
  expectedDeliveryAt: TimestampMillis;
}

export const CourierAssigned = defineEvent<CourierAssigned>({
  topic: topics.shipments,
  schema: schemas.CourierAssigned,
  keyOf: (event) => event.orderId,
});

/** The customer has the order. The courier is free again. */
export interface OrderDelivered {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The courier, such as courier-007. */
  courierId: string;
  /** When it was handed over. */
  deliveredAt: TimestampMillis;
}

export const OrderDelivered = defineEvent<OrderDelivered>({
  topic: topics.shipments,
  schema: schemas.OrderDelivered,
  keyOf: (event) => event.orderId,
});

/** An amount of one menu item. */
export interface StockItem {
  /** The menu item. */
  sku: string;
  /** How many, at least 1. */
  quantity: number;
  /**
   * How many the cafe has for other orders right after this one: never below 0. null when it no longer sells
   * the item, and in events from before this was told.
   */
  remaining: number | null;
}

/** Everything in the order is in stock at the cafe and kept for it: payment can begin. */
export interface StockReserved {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that keeps it. */
  cafeId: string;
  /** What is kept, one entry per menu item. */
  items: StockItem[];
  /** When it was reserved. */
  reservedAt: TimestampMillis;
}

export const StockReserved = defineEvent<StockReserved>({
  topic: topics.stock,
  schema: schemas.StockReserved,
  keyOf: (event) => event.orderId,
});

/** A menu item of which there is not enough. */
export interface MissingItem {
  /** The menu item. */
  sku: string;
  /** How many the order needs. */
  requested: number;
  /** How many the cafe has. */
  available: number;
}

/** The cafe cannot make the order. Nothing is reserved: it is all or nothing. */
export interface StockRejected {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that lacks it. */
  cafeId: string;
  /** What is missing, one entry per menu item. */
  missing: MissingItem[];
  /** When it was rejected. */
  rejectedAt: TimestampMillis;
}

export const StockRejected = defineEvent<StockRejected>({
  topic: topics.stock,
  schema: schemas.StockRejected,
  keyOf: (event) => event.orderId,
});

/** The order was cancelled: what was kept for it can be sold again. */
export interface StockReleased {
  /** The order, a UUIDv7: the key of the record. */
  orderId: string;
  /** The cafe that kept it. */
  cafeId: string;
  /** What is free again, one entry per menu item. */
  items: StockItem[];
  /** When it was released. */
  releasedAt: TimestampMillis;
}

export const StockReleased = defineEvent<StockReleased>({
  topic: topics.stock,
  schema: schemas.StockReleased,
  keyOf: (event) => event.orderId,
});

/**
 * A menu item as it now is: the newest record of a sku is the truth, and a tombstone takes the item off the
 * menu.
 */
export interface MenuItemChanged {
  /** The menu item: the key of the record. */
  sku: string;
  /** What the menu calls it. */
  name: string;
  /** Drink or food. */
  category: Category;
  /** The price of one. */
  price: Money;
  /** How long a barista needs for one, in seconds of life. */
  preparationSeconds: number;
  /** When staff changed it. */
  changedAt: TimestampMillis;
}

export const MenuItemChanged = defineEvent<MenuItemChanged>({
  topic: topics.menu,
  schema: schemas.MenuItemChanged,
  keyOf: (event) => event.sku,
});

/** Every event of these topics, in the order of topics.ts. */
export const eventTypes: readonly EventType[] = [
  OrderPlaced,
  CancellationRequested,
  OrderCancelled,
  PaymentReceived,
  PaymentFailed,
  PaymentRefunded,
  KitchenStarted,
  OrderReady,
  TicketDropped,
  CourierAssigned,
  OrderDelivered,
  StockReserved,
  StockRejected,
  StockReleased,
  MenuItemChanged,
];
