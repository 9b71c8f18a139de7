import { expect, test } from '@jest/globals';
import { orderOf } from '../../testing/orderOf.ts';
import { type Flow, flows, soundOrder } from '../../testing/soundOrder.ts';
import { compareReport, tallyReport } from './reports.ts';

const orders = (Object.keys(flows) as Flow[]).map((flow) => orderOf(soundOrder(flow, 1_000)));
const all = () => true;
/** Kept by the hour from the beginning. */
const hourly = { hoursSince: Number.NEGATIVE_INFINITY };
const HOUR = 3_600_000;
/** As orders are placed: in the hour that begins at 0. */
const inOne = (...lines: [what: string, ...values: number[]][]) =>
  new Map(lines.map(([what, ...values]) => [what, new Map([[0, values]])]));

test('sales are what was delivered, by cafe and currency', () => {
  expect(tallyReport('sales', hourly, orders, all)).toEqual(inOne(['cafe-007, EUR', 3, 2_520]));
});

test('the funnel counts each step of an order once, and why orders were cancelled', () => {
  const [first] = orders;
  const twice = first && { ...first, events: [...first.events, ...first.events] };
  const tally = tallyReport('funnel', hourly, [...orders.slice(1), ...(twice ? [twice] : [])], all);
  const counted = inOne(['placed', 9], ['delivered', 3], ['cancelled, customer_request', 6]);
  for (const [what, hours] of counted) expect(tally.get(what)).toEqual(hours);
});

test('top drinks are what was ordered, whatever became of it', () => {
  expect(tallyReport('top_drinks', hourly, orders, all)).toEqual(inOne(['latte', 18, 9]));
});

test('latencies are rounded as analytics does it, and counted in the hour in which the orders were placed', () => {
  const late = orderOf(
    soundOrder('delivered', HOUR - 1).map(({ data, ...event }) => ({
      ...event,
      data: data.deliveredAt ? { ...data, deliveredAt: HOUR - 1 + 123_456 } : data,
    })),
  );
  const tally = tallyReport('latency', hourly, [late], all);
  expect(tally).toEqual(inOne(['paid', 1, 2], ['started', 1, 3], ['ready', 1, 4], ['delivered', 1, 123_392]));
});

test('what happened counts by what the event says, whenever it was written, and in no hour before there were hours', () => {
  const [placed, ...others] = soundOrder('delivered', 1_000);
  const order = orderOf(placed ? [{ ...placed, time: new Date(5 * HOUR) }, ...others] : []);
  expect(tallyReport('top_drinks', hourly, [order], all)).toEqual(inOne(['latte', 2, 1]));
  const before = new Map([['latte', new Map([[Number.NEGATIVE_INFINITY, [2, 1]]])]]);
  expect(tallyReport('top_drinks', { hoursSince: HOUR }, [order], all)).toEqual(before);
  const lines = [
    { what: 'latte', hour: Number.NEGATIVE_INFINITY, values: [1, 0] },
    { what: 'latte', hour: 0, values: [1, 1] },
  ];
  expect(compareReport({ lines, hoursSince: HOUR }, before)).toEqual([]);
});

test('what was read later is not counted', () => {
  const early = tallyReport('sales', hourly, orders, ({ name }) => name !== 'OrderDelivered');
  expect([...early]).toEqual([]);
});

test('lines that differ are told with both sides, those that only one of them has, too', () => {
  const lines = [
    { what: 'a', hour: 0, values: [1, 2] },
    { what: 'b', hour: 0, values: [1, 2] },
    { what: 'd', hour: HOUR, values: [1] },
  ];
  const tally = inOne(['a', 1, 2], ['c', 3], ['d', 1]);
  expect(compareReport({ lines, ...hourly }, tally)).toEqual([
    'b, 1970-01-01T00:00:00.000Z: 1 and 2 by the report, nothing by the topics',
    'c, 1970-01-01T00:00:00.000Z: nothing by the report, 3 by the topics',
    'd, 1970-01-01T00:00:00.000Z: nothing by the report, 1 by the topics',
    'd, 1970-01-01T01:00:00.000Z: 1 by the report, nothing by the topics',
  ]);
});
