import { expect, test } from '@jest/globals';
import { orderOf } from '../../testing/orderOf.ts';
import { type Flow, flows, soundOrder } from '../../testing/soundOrder.ts';
import { compareReport, tallyReport } from './reports.ts';

const orders = (Object.keys(flows) as Flow[]).map((flow) => orderOf(soundOrder(flow, 1_000)));
const all = () => true;

test('sales are what was delivered, by cafe and currency', () => {
  expect([...tallyReport('sales', orders, all)]).toEqual([['cafe-007, EUR', [3, 2_520]]]);
});

test('the funnel counts each step of an order once, and why orders were cancelled', () => {
  const [first] = orders;
  const twice = first && { ...first, events: [...first.events, ...first.events] };
  const tally = tallyReport('funnel', [...orders.slice(1), ...(twice ? [twice] : [])], all);
  expect(Object.fromEntries(tally)).toMatchObject({
    placed: [9],
    delivered: [3],
    'cancelled, customer_request': [6],
  });
});

test('top drinks are what was ordered, whatever became of it', () => {
  expect([...tallyReport('top_drinks', orders, all)]).toEqual([['latte', [18, 9]]]);
});

test('what was read later is not counted', () => {
  const early = tallyReport('sales', orders, ({ name }) => name !== 'OrderDelivered');
  expect([...early]).toEqual([]);
});

test('lines that differ are told with both sides, those that only one of them has, too', () => {
  const lines = [
    { what: 'a', values: [1, 2] },
    { what: 'b', values: [1, 2] },
  ];
  const tally = new Map([
    ['a', [1, 2]],
    ['c', [3]],
  ]);
  expect(compareReport(lines, tally)).toEqual([
    'b: 1 and 2 by the report, nothing by the topics',
    'c: nothing by the report, 3 by the topics',
  ]);
});
