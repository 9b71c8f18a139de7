import { afterEach, expect, test } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { problem, serveLetters } from '../testing/letterServer.ts';
import { overdue } from './overdue.ts';

const fake = serveLetters();
const { signal } = new AbortController();
const order = {
  orderId: '019a1fdf-a963-741e-b8f2-000000000001',
  cafeId: 'cafe-007',
  status: 'paid',
  total: { amount: 840, currency: 'EUR' },
  paidForSeconds: 7_260,
};
afterEach(() => {
  delete process.env.STAFF_TOKEN;
});

test('lists what hangs, the longest first, and says how many more there are', async () => {
  const begun = { ...order, status: 'preparing', cancellation: { outcome: 'too_late' } };
  fake.answer = () => [200, { afterSeconds: 3_600, count: 3, orders: [order, begun] }];
  const { io, lines } = collect();
  process.env.STAFF_TOKEN = 'ours';
  expect(await overdue({}, fake.address, io, signal)).toBe(true);
  expect(fake.asked).toMatchObject([{ method: 'GET', url: '/order/overdue-orders', token: 'Bearer ours' }]);
  expect(lines[0]).toBe('3 orders were paid longer than 1 h 00 min ago and have not ended:');
  expect(lines.join('\n')).toMatch(/0001 +2 h 01 min +paid +cafe-007 +8\.40 EUR +-/);
  expect(lines.join('\n')).toMatch(/preparing +cafe-007 +8\.40 EUR +too_late/);
  expect(lines).toContain('… and 1 more, which --json shows, too.');
  expect(lines.slice(-2).join()).toMatch(/--cancel ORDER .*--refund ORDER/);
});

test('says that none hangs', async () => {
  fake.answer = () => [200, { afterSeconds: 90, count: 0, orders: [] }];
  const { io, lines } = collect();
  expect(await overdue({}, fake.address, io, signal)).toBe(true);
  expect(lines).toEqual(['No order was paid longer than 90.0 s ago and has not ended.']);
});

const other = '019a1fdf-a963-741e-b8f2-000000000002';
const paths = () => fake.asked.map(({ method, url }) => `${method} ${url}`);

test('has the kitchen drop some, tells what came of each, and what to do where it does not', async () => {
  fake.answer = (url) => (url.includes(other) ? problem(409, 'The kitchen has begun.') : [202, order]);
  const { io, lines } = collect();
  const cancel = [other, order.orderId, other];
  expect(await overdue({ cancel, yes: true }, fake.address, io, signal)).toBe(false);
  expect(paths()).toEqual([
    `POST /order/overdue-orders/${other}/cancel`,
    `POST /order/overdue-orders/${order.orderId}/cancel`,
  ]);
  expect(lines).toEqual([
    `✖ ${other}: The kitchen has begun.`,
    `✔ ${order.orderId}: the kitchen is asked to drop it. Once it has, 8.40 EUR go back.`,
    expect.stringMatching(/nobody will bring any more: npx brew overdue --refund ORDER/),
  ]);
});

test('refunds all that there are, but for what courier has delivered', async () => {
  const brought = { ...order, orderId: other };
  fake.answer = (url) => {
    if (url.endsWith('&after=there')) return [200, { count: 2, orders: [brought], next: null }];
    if (url.startsWith('/order/overdue-orders?')) return [200, { count: 2, orders: [order], next: 'there' }];
    if (url.startsWith('/courier/')) return url.includes(other) ? [200, { state: 'delivered' }] : [404, {}];
    return [202, order];
  };
  const { io, lines } = collect();
  expect(await overdue({ refund: ['all'], yes: true }, fake.address, io, signal)).toBe(false);
  expect(paths()).toEqual([
    'GET /order/overdue-orders?limit=1000',
    'GET /order/overdue-orders?limit=1000&after=there',
    `GET /courier/shipments/${order.orderId}`,
    `POST /order/overdue-orders/${order.orderId}/refund`,
    `GET /courier/shipments/${other}`,
  ]);
  expect(lines[0]).toBe(`✔ ${order.orderId}: cancelled, and 8.40 EUR go back.`);
  expect(lines[1]).toMatch(/^✖ \S+0002: It was delivered, .* npx brew dlq/);
});

test('refunds when courier can not be asked, says so once, and has it all as JSON', async () => {
  fake.answer = (url) => (url.startsWith('/courier/') ? [503, {}] : [202, order]);
  const { io, lines, notes } = collect();
  const refund = [order.orderId, other];
  expect(await overdue({ refund, yes: true, json: true }, fake.address, io, signal)).toBe(true);
  expect(notes).toEqual([expect.stringMatching(/courier can not be asked/)]);
  expect(JSON.parse(lines.join('\n'))).toEqual([
    { orderId: order.orderId, order },
    { orderId: other, order },
  ]);
});

test('ends none that nobody has confirmed, and says so when there is none', async () => {
  const { io, lines } = collect();
  await expect(overdue({ refund: [other] }, fake.address, io, signal)).rejects.toThrow(/Add --yes to refund/);
  await expect(overdue({ refund: [other], cancel: [other] }, fake.address, io, signal)).rejects.toThrow(
    /Take one of --cancel and --refund/,
  );
  expect(fake.asked).toEqual([]);
  fake.answer = () => [200, { count: 0, orders: [] }];
  expect(await overdue({ refund: ['all'] }, fake.address, io, signal)).toBe(true);
  expect(lines).toEqual(['No order is overdue.']);
});

test('says in the words of order-service why it can not, and where to look', async () => {
  fake.answer = () => problem(503, 'A part is out of order.');
  const { io } = collect();
  await expect(overdue({}, fake.address, io, signal)).rejects.toThrow(
    /^A part is out of order\. See what stands still with: npx brew status$/,
  );
});

test('does not go on with the others when order-service may not be asked', async () => {
  fake.answer = () => problem(401, 'Who are you?');
  const { io } = collect();
  await expect(
    overdue({ cancel: [order.orderId, other], yes: true }, fake.address, io, signal),
  ).rejects.toThrow(/Set STAFF_TOKEN/);
  expect(fake.asked).toHaveLength(1);
});
