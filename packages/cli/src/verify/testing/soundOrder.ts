import {
  CancellationRequested,
  CourierAssigned,
  type Event,
  type EventType,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
  StockRejected,
  StockReleased,
  StockReserved,
  TicketDropped,
  uuidv7,
} from '@brew/events';
import { instantOf } from '../seen.ts';

/** An event whose type of data is forgotten, as events are read. */
export type AnyEvent = Event & { data: Record<string, unknown> };

const cafeId = 'cafe-007';
const total = { amount: 840, currency: 'EUR' };
const customer = { name: 'Ada', address: 'Bean Lane 1' };
const kept = [{ sku: 'latte', quantity: 2, remaining: 12 }];

/** The ways in which an order may end, as the types of its events in the order of the flow. */
export const flows = {
  delivered: [
    OrderPlaced,
    StockReserved,
    PaymentReceived,
    KitchenStarted,
    OrderReady,
    CourierAssigned,
    OrderDelivered,
  ],
  'out of stock': [OrderPlaced, StockRejected, OrderCancelled],
  'not paid': [OrderPlaced, StockReserved, OrderCancelled, StockReleased],
  declined: [OrderPlaced, StockReserved, PaymentFailed, OrderCancelled, StockReleased],
  'paid too late': [OrderPlaced, StockReserved, OrderCancelled, StockReleased, PaymentRefunded],
  'paid twice': [
    OrderPlaced,
    StockReserved,
    PaymentReceived,
    PaymentRefunded,
    KitchenStarted,
    OrderReady,
    CourierAssigned,
    OrderDelivered,
  ],
  'cancelled after paying': [
    OrderPlaced,
    StockReserved,
    PaymentReceived,
    CancellationRequested,
    TicketDropped,
    OrderCancelled,
    StockReleased,
    PaymentRefunded,
  ],
  'refunded by staff': [
    OrderPlaced,
    StockReserved,
    PaymentReceived,
    KitchenStarted,
    OrderReady,
    OrderCancelled,
    StockReleased,
    PaymentRefunded,
  ],
  'cancelled too late': [
    OrderPlaced,
    StockReserved,
    PaymentReceived,
    KitchenStarted,
    CancellationRequested,
    OrderReady,
    CourierAssigned,
    OrderDelivered,
  ],
} as const satisfies Record<string, readonly { type: string }[]>;

export type Flow = keyof typeof flows;

/**
 * The events of one order that goes as it should, each caused by the one before it, a millisecond apart.
 * @param at when it is placed, in milliseconds
 */
export function soundOrder(flow: Flow, at: number, orderId: string = uuidv7()): AnyEvent[] {
  const events: AnyEvent[] = [];
  for (const [index, type] of flows[flow].entries()) {
    const cause = events.at(-1)?.id;
    events.push(eventOf(type as EventType, orderId, at + index, cause));
  }
  const refund = events.find(({ type }) => flow === 'paid twice' && type.name === PaymentRefunded.name);
  if (refund) Object.assign(refund.data, { paymentId: 'pay-2', amount: { amount: 1, currency: 'USD' } });
  return events;
}

export function eventOf(type: EventType, orderId: string, at: number, causationId?: string): AnyEvent {
  const data = { orderId, ...dataOf[type.name], [instantOf(type)]: at };
  return {
    ...{ id: uuidv7(), type, source: '/test', time: new Date(at), correlationId: orderId, data },
    ...(causationId !== undefined && { causationId }),
  };
}

const dataOf: Record<string, object> = {
  OrderPlaced: {
    ...{ cafeId, customer, total, channel: 'app' },
    items: [
      {
        ...{ sku: 'latte', name: 'Caffè Latte', category: 'drink', quantity: 2, preparationSeconds: 60 },
        unitPrice: { amount: 420, currency: 'EUR' },
      },
    ],
  },
  CancellationRequested: { cafeId },
  OrderCancelled: { reason: 'customer_request' },
  StockReserved: { cafeId, items: kept },
  StockReleased: { cafeId, items: kept },
  StockRejected: { cafeId, missing: [{ sku: 'latte', requested: 2, available: 1 }] },
  PaymentReceived: { paymentId: 'pay-1', amount: total },
  PaymentFailed: { paymentId: 'pay-1', reason: 'card_declined' },
  PaymentRefunded: { paymentId: 'pay-1', refundId: 'refund-1', amount: total },
  KitchenStarted: { cafeId, slot: 1, expectedReadyAt: 0 },
  OrderReady: { cafeId, customer },
  TicketDropped: { cafeId },
  CourierAssigned: { courierId: 'courier-007', courierName: 'Kim', expectedDeliveryAt: 0 },
  OrderDelivered: { courierId: 'courier-007' },
};
