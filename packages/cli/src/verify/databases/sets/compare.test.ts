import { crc32 } from 'node:zlib';
import { describe, expect, it, test } from '@jest/globals';
import { orderOf } from '../../testing/orderOf.ts';
import { type Flow, soundOrder } from '../../testing/soundOrder.ts';
import type { OrderRow } from '../sql/orders.ts';
import type { ProviderRow } from '../sql/psp.ts';
import { compareOrder, orders } from './orders.ts';
import { comparePayments, payments } from './payments.ts';
import { compareReservation, reservations } from './reservations.ts';
import { compareShipment, shipments } from './shipments.ts';
import { compareTicket, tickets } from './tickets.ts';

const at = Date.parse('2026-01-01T12:00:00Z');
const judging = { holds: () => true, dueBefore: at + 3_600_000 };
/** Of an order whose beginning retention took. */
const partly = { ...judging, holds: () => false };
const told = (flow: Flow, events = 99) => orderOf(soundOrder(flow, at).slice(0, events));
const later = (flow: Flow, from: number) => orderOf(soundOrder(flow, at).slice(from));
const total = { amount: 840, currency: 'EUR' };
const paid = { paymentId: 'pay-1', amount: total };
const [placed] = soundOrder('delivered', at);
const items = placed?.data.items as object[];
const customer = placed?.data.customer as object;
/** Events of an order are a millisecond apart. */
const timesOf = (flow: Flow, names: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(names).map(([key, name]) => [
      key,
      soundOrder(flow, at)
        .find(({ type }) => type.name === name)
        ?.time.getTime() ?? null,
    ]),
  );
const statuses = {
  ...{ placed: 'OrderPlaced', paid: 'PaymentReceived', preparing: 'KitchenStarted', ready: 'OrderReady' },
  ...{ on_the_way: 'CourierAssigned', delivered: 'OrderDelivered', cancelled: 'OrderCancelled' },
};

describe('a row of orders', () => {
  const row: OrderRow = {
    ...{ orderId: 'order-1', at, cafeId: 'cafe-007', total, status: 'delivered' },
    ...{ cancelReason: null, accepted: paid, others: [], items, customer, channel: 'app' },
    ...{ times: timesOf('delivered', statuses), cancellationRequestedAt: null },
    ...{ paymentState: 'received', asks: false },
  };
  const cancelled = {
    ...{ ...row, status: 'cancelled', cancelReason: 'customer_request' },
    ...{ accepted: { ...paid, refundId: 'refund-1' }, paymentState: 'refunded' },
    ...{ times: timesOf('cancelled after paying', statuses), cancellationRequestedAt: at + 3 },
  };
  const unpaid = {
    ...{ ...cancelled, accepted: null, cancellationRequestedAt: null },
    ...{ times: timesOf('not paid', statuses), paymentState: 'none' },
  };
  const isRequested = { ...unpaid, paymentState: 'requested', asks: true };

  test.each<[string, Flow, OrderRow, string[]]>([
    ['agrees', 'delivered', row, []],
    ['agrees when it was given back', 'cancelled after paying', cancelled, []],
    [
      'has another cafe',
      'delivered',
      { ...row, cafeId: 'x' },
      ['was placed at cafe-007, and its row says x'],
    ],
    [
      'has fewer items',
      'delivered',
      { ...row, items: [{ ...items[0], quantity: 1 }] },
      ['was placed with other items than its row says (1 Caffè Latte)'],
    ],
    [
      'has items at another price',
      'delivered',
      { ...row, items: [{ ...items[0], unitPrice: { amount: 421, currency: 'EUR' } }] },
      ['was placed with other items than its row says (2 Caffè Latte)'],
    ],
    [
      'has no items',
      'delivered',
      { ...row, items: [] },
      ['was placed with other items than its row says (none)'],
    ],
    [
      'has another address',
      'delivered',
      { ...row, customer: { ...customer, address: 'Bean Lane 2' } },
      ['was placed with another name or address than its row says'],
    ],
    ['was erased', 'delivered', { ...row, customer: { name: '(erased)', address: '(erased)' } }, []],
    [
      'has another currency',
      'delivered',
      { ...row, total: { amount: 840, currency: 'USD' } },
      ['cost 8.40 EUR, and its row says 8.40 USD'],
    ],
    [
      'knows of no payment',
      'delivered',
      { ...row, accepted: null },
      ['was paid with 8.40 EUR, and its row knows of no payment'],
    ],
    [
      'has another payment',
      'delivered',
      { ...row, accepted: { ...paid, paymentId: 'pay-9' } },
      ['went ahead with another payment than its row says (pay-9)'],
    ],
    [
      'has another amount paid',
      'delivered',
      { ...row, accepted: { ...paid, amount: { amount: 1, currency: 'EUR' } } },
      ['was paid with 8.40 EUR, and its row says 0.01 EUR'],
    ],
    [
      'has a payment that no event tells of',
      'out of stock',
      { ...unpaid, times: timesOf('out of stock', statuses), accepted: paid },
      ['is paid with 8.40 EUR (pay-1) by its row, and by no event'],
    ],
    [
      'has a refund that no event tells of',
      'delivered',
      { ...row, others: [{ paymentId: 'pay-2', amount: total, refundId: 'refund-2' }] },
      ['was given back 8.40 EUR (refund-2) by its row, and by no event'],
    ],
    [
      'has another refund',
      'cancelled after paying',
      { ...cancelled, accepted: { ...paid, refundId: 'refund-9' } },
      ['was given back 8.40 EUR, and its row says 8.40 EUR (refund-9)'],
    ],
    ['agrees when it was never paid', 'not paid', unpaid, []],
    ['agrees while the provider is to be asked', 'not paid', isRequested, []],
    [
      'waits for a payment that nobody asks for',
      'not paid',
      { ...isRequested, asks: false },
      ['has a payment that is none by its events, and requested by its row'],
    ],
    [
      'has a payment that failed',
      'not paid',
      { ...unpaid, paymentState: 'failed' },
      ['has a payment that is none by its events, and failed by its row'],
    ],
    [
      'is to be given back and was not',
      'delivered',
      { ...row, paymentState: 'refunding' },
      ['has a payment that is received by its events, and refunding by its row'],
    ],
    [
      'was placed by somebody else',
      'delivered',
      { ...row, channel: 'counter' },
      ['was not placed by counter, as its row says'],
    ],
    [
      'was delivered at another time',
      'delivered',
      { ...row, times: { ...row.times, delivered: at } },
      ['has OrderDelivered of 2026-01-01T12:00:00.006Z, and its row says 2026-01-01T12:00:00.000Z'],
    ],
    [
      'was placed at no time that a clock can show',
      'delivered',
      { ...row, times: { ...row.times, placed: Number.POSITIVE_INFINITY } },
      ['has OrderPlaced of 2026-01-01T12:00:00.000Z, and its row says Infinity'],
    ],
    [
      'was cancelled when nobody asked for it',
      'delivered',
      { ...row, cancellationRequestedAt: at },
      ['has a row that is asked to be cancelled, and no CancellationRequested'],
    ],
    [
      'does not know when it was begun',
      'delivered',
      { ...row, times: { ...row.times, preparing: null } },
      ['has KitchenStarted, and its row is not preparing'],
    ],
    [
      'was cancelled before it heard of the kitchen',
      'refunded by staff',
      {
        ...{ ...cancelled, cancellationRequestedAt: null },
        times: { ...timesOf('refunded by staff', statuses), preparing: null, ready: null },
      },
      [],
    ],
  ])('%s', (_what, flow, changed, sentences) => {
    expect(compareOrder(told(flow), changed, judging)).toEqual(sentences);
  });

  it('may be further on than the events that are left, and not behind them', () => {
    expect(compareOrder(told('delivered', 4), row, partly)).toEqual([]);
    expect(compareOrder(told('delivered'), { ...row, status: 'paid' }, partly)).toEqual([
      'is delivered by its events, and paid by its row',
    ]);
    expect(compareOrder(later('delivered', 3), row, partly)).toEqual([]);
    expect(orders.missing(told('delivered'))).toBe('has no row');
  });
});

describe('payments at the provider', () => {
  const payment = { ...{ paymentId: 'pay-1', ...total, settledAt: at }, refunds: [] as object[] };
  const refund = { refundId: 'refund-1', amount: 840, at };
  const row = (...some: object[]) => ({ orderId: 'order-1', at, payments: some }) as unknown as ProviderRow;

  test.each<[string, Flow, ProviderRow, string[]]>([
    ['agree', 'delivered', row(payment), []],
    ['agree when given back', 'cancelled after paying', row({ ...payment, refunds: [refund] }), []],
    [
      'differ in the amount',
      'delivered',
      row({ ...payment, amount: 841 }),
      ['was paid with 8.40 EUR, and the provider says 8.41 EUR (pay-1)'],
    ],
    [
      'are others',
      'delivered',
      row({ ...payment, paymentId: 'pay-9' }),
      [
        'was paid with 8.40 EUR, and the provider has no such payment',
        'was paid with 8.40 EUR (pay-9), which was neither received nor given back',
      ],
    ],
    [
      'lack a refund',
      'cancelled after paying',
      row(payment),
      ['was given back 8.40 EUR, and the provider has no such refund'],
    ],
    [
      'have another refund',
      'delivered',
      row({ ...payment, refunds: [refund] }),
      ['was given back 8.40 EUR (refund-1) by the provider, and by no event'],
    ],
    [
      'were raised since one was given back',
      'cancelled after paying',
      row(
        { ...payment, refunds: [refund] },
        { ...payment, paymentId: 'pay-2', amount: 500, refunds: [{ ...refund, amount: 1 }] },
      ),
      [
        'was paid with 5.00 EUR (pay-2), which was neither received nor given back',
        'was given back 0.01 EUR (refund-1) by the provider, and by no event',
        'was paid with 5.00 EUR (pay-2) by the provider, which has given back 0.01 EUR',
      ],
    ],
    [
      'were given back twice',
      'cancelled after paying',
      row({ ...payment, refunds: [refund, { ...refund, refundId: 'refund-2' }] }),
      [
        'was given back 8.40 EUR (refund-2) by the provider, and by no event',
        'was paid with 8.40 EUR (pay-1) by the provider, which has given back 16.80 EUR',
      ],
    ],
  ])('%s', (_what, flow, changed, sentences) => {
    expect(comparePayments(told(flow), changed, judging)).toEqual(sentences);
  });

  it('are given time to be told of', () => {
    const fresh = row(payment, { ...payment, paymentId: 'pay-9', settledAt: judging.dueBefore });
    expect(comparePayments(told('delivered'), fresh, judging)).toEqual([]);
  });

  it('are not missed of what costs nothing', () => {
    const order = told('delivered');
    expect(payments.missing(order)).toMatch(/PaymentReceived of 8\.40 EUR/);
    for (const event of order.events) if (event.amount) event.amount = { amount: 0, currency: 'EUR' };
    expect(payments.missing(order)).toBeUndefined();
    expect(payments.missing(told('out of stock'))).toBeUndefined();
  });
});

describe('a reservation', () => {
  const row = {
    orderId: 'order-1',
    at,
    cafeId: 'cafe-007',
    items: [{ sku: 'latte', quantity: 2 }],
    released: false,
  };
  it('agrees, or not', () => {
    expect(compareReservation(told('delivered'), row, judging)).toEqual([]);
    expect(compareReservation(told('not paid'), row, judging)).toEqual([
      'has StockReleased, and its reservation is not released',
    ]);
    expect(compareReservation(told('delivered'), { ...row, released: true }, judging)).toEqual([
      'has a reservation that is released, and no StockReleased',
    ]);
    expect(compareReservation(told('out of stock'), row, judging)).toEqual([
      'has a reservation that is made, and no StockReserved',
    ]);
    expect(reservations.missing(told('out of stock'))).toBeUndefined();
  });
});

describe('a ticket', () => {
  const row = {
    ...{ orderId: 'order-1', at, cafeId: 'cafe-007', slot: 1, placed: at, paid: at + 2, cancelled: null },
    ...{ started: at + 3, ready: at + 4, dropped: null, customer },
    items: [{ name: 'Caffè Latte', quantity: 2 }],
  };
  it('agrees, or not', () => {
    expect(compareTicket(told('delivered'), row, judging)).toEqual([]);
    expect(compareTicket(told('delivered'), { ...row, items: [] }, judging)).toEqual([
      'was placed with other items than its ticket says (none)',
    ]);
    expect(compareTicket(told('delivered'), { ...row, slot: 2 }, judging)).toEqual([
      'was begun by barista 1, and its ticket says 2',
    ]);
    expect(compareTicket(told('delivered'), { ...row, ready: at }, judging)).toEqual([
      'has OrderReady of 2026-01-01T12:00:00.004Z, and its ticket says 2026-01-01T12:00:00.000Z',
    ]);
    expect(compareTicket(told('delivered', 3), row, judging)).toEqual([
      'has a ticket that is started, and no KitchenStarted',
      'has a ticket that is ready, and no OrderReady',
    ]);
    expect(compareTicket(told('delivered', 3), row, partly)).toEqual([]);
    expect(tickets.missing(told('delivered'))).toBe('has OrderPlaced, and no ticket');
  });
});

describe('a shipment', () => {
  const row = {
    orderId: 'order-1',
    at,
    cafeId: 'cafe-007',
    courierId: 'courier-007',
    ...{ ready: at + 4, assigned: at + 5, delivered: at + 6, courierName: 'Kim', knownName: 'Kim' },
  };
  it('agrees, or not', () => {
    expect(compareShipment(told('delivered'), row, judging)).toEqual([]);
    expect(compareShipment(told('delivered'), { ...row, cafeId: 'x', delivered: null }, judging)).toEqual([
      'was placed at cafe-007, and its shipment says x',
      'has OrderDelivered, and its shipment is not delivered',
    ]);
    expect(compareShipment(told('delivered'), { ...row, courierName: 'Lou' }, judging)).toEqual([
      'is with Lou by its shipment, and courier-007 is Kim',
    ]);
    expect(shipments.missing(told('delivered', 4))).toBeUndefined();
  });
});

test('ids are compared by the checksums that the ledger keeps', () => {
  const [, , received] = told('delivered').events;
  expect(received?.payment).toBe(crc32('pay-1'));
});
