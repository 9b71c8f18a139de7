import { expect, it } from '@jest/globals';
import type { SeenEvent } from './seen.ts';
import { orderOf } from './testing/orderOf.ts';
import { type Flow, soundOrder } from './testing/soundOrder.ts';
import { createTotals } from './totals.ts';

/** What the books say of an order alone that goes this way, without some of its events; of two lattes for 8.40 EUR. */
function booksOf(flow: Flow, ...left: string[]) {
  const events = soundOrder(flow, 0).filter(({ type }) => !left.includes(type.name));
  const order = orderOf(events);
  const totals = createTotals();
  for (const event of order.events) totals.count(event);
  const { money, stock } = totals.summary([order]);
  const { received = 0, late = 0, refunded = 0, delivered = 0, held = 0 } = money.EUR ?? {};
  return { money: [received, late, refunded, delivered, held], stock };
}

const none = { reserved: 0, released: 0, sold: 0, kept: 0, uneven: [] };
const uneven = ['cafe-007/latte'];

/** Money is [received, late, refunded, delivered, held]. */
it.each<[string, Flow, string[], number[], object]>([
  ['nothing that was refused', 'out of stock', [], [0, 0, 0, 0, 0], none],
  ['what was delivered', 'delivered', [], [840, 0, 0, 840, 0], { ...none, reserved: 2, sold: 2 }],
  [
    'a payment that was late',
    'paid too late',
    [],
    [0, 840, 840, 0, 0],
    { ...none, reserved: 2, released: 2 },
  ],
  [
    'a payment that was given back',
    'cancelled after paying',
    [],
    [840, 0, 840, 0, 0],
    { ...none, reserved: 2, released: 2 },
  ],
  [
    'what is kept for an open order',
    'delivered',
    ['OrderDelivered'],
    [840, 0, 0, 0, 840],
    { ...none, reserved: 2, kept: 2 },
  ],
  [
    'what is not kept any more, though nobody has cancelled',
    'cancelled after paying',
    ['OrderCancelled'],
    [840, 0, 840, 0, 0],
    { ...none, reserved: 2, released: 2 },
  ],
  [
    'a payment that nobody gave back, and stock that nobody released',
    'cancelled after paying',
    ['PaymentRefunded', 'StockReleased'],
    [840, 0, 0, 0, 840],
    { ...none, reserved: 2, kept: 2 },
  ],
  [
    'a delivery that nobody paid for',
    'delivered',
    ['PaymentReceived'],
    [0, 0, 0, 840, 0],
    { ...none, reserved: 2, sold: 2 },
  ],
  [
    'a shelf that does not add up',
    'delivered',
    ['StockReserved'],
    [840, 0, 0, 840, 0],
    { ...none, sold: 2, uneven },
  ],
])('the books have %s', (_what, flow, left, money, stock) => {
  expect(booksOf(flow, ...left)).toEqual({ money, stock });
});

it('the books agree to the last cent, however large the sums are', () => {
  const amount = { amount: Number.MAX_SAFE_INTEGER - 1, currency: 'EUR' };
  const totals = createTotals();
  const orders = [1, 2, 3].map((cents) => {
    const events = soundOrder('cancelled after paying', 0).map((event) => ({
      ...event,
      data: { ...event.data, amount: cents === 1 ? amount : { ...amount, amount: cents } },
    }));
    return orderOf(events);
  });
  for (const event of orders.flatMap(({ events }) => events)) totals.count(event);
  expect(totals.summary(orders).money.EUR?.agree).toBe(true);
  totals.count({
    ...orders[1]?.events.find(({ name }) => name === 'PaymentReceived'),
    amount: { amount: 1, currency: 'EUR' },
  } as SeenEvent);
  expect(totals.summary(orders).money.EUR?.agree).toBe(false);
});
