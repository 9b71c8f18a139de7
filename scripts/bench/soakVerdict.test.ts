import { expect, it } from '@jest/globals';
import type { Holdings } from './soak.ts';
import { judgeSoak } from './soakVerdict.ts';

const MIB = 1024 * 1024;

/** Nine samples, a minute apart, of 1,200 orders each. */
const samples = (change: (minute: number) => Partial<Holdings>): Holdings[] =>
  Array.from({ length: 9 }, (_, minute) => ({
    at: minute * 60_000,
    orders: minute * 1_200,
    memory: { order: 100 * MIB },
    descriptors: { order: 60 },
    tables: { 'orders.orders': minute * 1_200 * 1_000, 'orders.outbox': 2 * MIB },
    logs: 1_000,
    ...change(minute),
  }));
const missed = (change: (minute: number) => Partial<Holdings>) =>
  judgeSoak(samples(change)).flatMap(({ what, met, seen }) => (met ? [] : [`${what}: ${seen}`]));

it('is content with what stays as it is, whatever the first third did', () => {
  expect(missed(() => ({}))).toEqual([]);
  expect(missed((minute) => ({ memory: { order: (minute < 3 ? minute * 50 : 150) * MIB } }))).toEqual([]);
});

it('lets a broker take its heap, and no more', () => {
  const broker = (least: number) =>
    missed((minute) => ({ memory: { 'kafka-1': (least + 20 * minute) * MIB } }));
  expect(broker(200)).toEqual([]);
  expect(broker(400)).toEqual(['memory flat: kafka-1 480 MiB to 540 MiB']);
});

it('names what grows', () => {
  expect(missed((minute) => ({ memory: { order: 100 * MIB, kitchen: (100 + 20 * minute) * MIB } }))).toEqual([
    'memory flat: kitchen 180 MiB to 240 MiB',
  ]);
  expect(missed((minute) => ({ descriptors: { order: 60 + 10 * minute } }))).toEqual([
    'descriptors flat: order 100 to 130',
  ]);
  expect(missed((minute) => ({ tables: { 'orders.outbox': minute * 5 * MIB } }))).toEqual([
    'what is under way takes less than 32 MiB a table: orders.outbox 40 MiB',
  ]);
  expect(missed((minute) => ({ tables: { 'orders.orders': minute * 1_200 * 20_000 } }))).toEqual([
    'history takes less than 8000 bytes an order in all tables: 20000 bytes',
  ]);
  expect(missed((minute) => ({ logs: minute * 1_200 * 300 }))).toEqual([
    'logs take less than 50 bytes an order: 300.0 bytes',
  ]);
});
