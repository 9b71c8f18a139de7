import { expect, it } from '@jest/globals';
import { orderOf } from '../testing/orderOf.ts';
import { type Flow, soundOrder } from '../testing/soundOrder.ts';
import { money } from './money.ts';
import { oneEnd } from './oneEnd.ts';
import { stock } from './stock.ts';

/** The way of an order, what is missing from it, and the events that have to be there before it is due. */
const missing = [
  [oneEnd, 'delivered', 'OrderDelivered', 'was placed and never ended', ['OrderPlaced'], 'OrderCancelled'],
  [
    money,
    'delivered',
    'OrderDelivered',
    'was paid, and neither delivered nor given back',
    ['PaymentReceived'],
    'PaymentRefunded',
  ],
  [money, 'delivered', 'PaymentReceived', 'was delivered and never paid', ['OrderDelivered']],
  [
    money,
    'cancelled after paying',
    'PaymentRefunded',
    'was cancelled, and the money was not given back',
    ['OrderCancelled', 'PaymentReceived'],
  ],
  [stock, 'delivered', 'StockReserved', 'was delivered without stock reserved for it', ['OrderDelivered']],
  [
    stock,
    'not paid',
    'StockReleased',
    'was cancelled, and its stock was not released',
    ['OrderCancelled', 'StockReserved'],
  ],
] as const;
const cases = missing.flatMap(([invariant, flow, left, sentence, needed, ...others]) =>
  needed.map((last) => ({ invariant, flow: flow as Flow, left, sentence, last, events: [left, ...others] })),
);

it.each(cases)('$left is due from $last on, when that is last ($flow)', (each) => {
  const { invariant, flow, left, sentence, last, events: names } = each;
  const events = soundOrder(flow, 1_000)
    .filter(({ type }) => type.name !== left)
    .map((event) => (event.type.name === last ? { ...event, time: new Date(5_000) } : event));
  expect(invariant.check(orderOf(events))).toEqual([{ sentence, missing: { events: names, since: 5_000 } }]);
});
