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
  expect(lines.at(-1)).toBe('… and 1 more.');
});

test('says that none hangs', async () => {
  fake.answer = () => [200, { afterSeconds: 90, count: 0, orders: [] }];
  const { io, lines } = collect();
  expect(await overdue({}, fake.address, io, signal)).toBe(true);
  expect(lines).toEqual(['No order was paid longer than 90.0 s ago and has not ended.']);
});

test('has one cancelled, and says where to see that', async () => {
  fake.answer = () => [202, order];
  const { io, lines } = collect();
  expect(await overdue({ cancel: order.orderId, yes: true }, fake.address, io, signal)).toBe(true);
  expect(fake.asked).toMatchObject([
    { method: 'POST', url: `/order/overdue-orders/${order.orderId}/cancel` },
  ]);
  expect(lines.join()).toMatch(/8\.40 EUR go back: npx brew watch --order 019a1fdf/);
});

test('says why one is not cancelled, and cancels none that nobody has confirmed', async () => {
  fake.answer = () => problem(409, 'The kitchen has begun, and goes on: the order is preparing.');
  const { io } = collect();
  await expect(overdue({ cancel: order.orderId, yes: true }, fake.address, io, signal)).rejects.toThrow(
    /kitchen has begun/,
  );
  fake.asked = [];
  await expect(overdue({ cancel: order.orderId }, fake.address, io, signal)).rejects.toThrow(/Add --yes/);
  expect(fake.asked).toEqual([]);
});
