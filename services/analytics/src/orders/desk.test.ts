import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDesk, type Desk } from './desk.ts';

const find = (desk: Desk, id: string) => {
  // In the middle of other bytes, as ids stand in records.
  const bytes = Buffer.from(`<${id}>`);
  return desk.find(bytes, 1, bytes.length - 1);
};

/** Few enough that the same ones come again, and alike enough that they meet in the table. */
const ids = fc.array(fc.constantFrom(...Array.from({ length: 40 }, (_, i) => `order-${i}`)), {
  maxLength: 200,
});

test('knows who is here, as a map does, whoever comes and goes', () => {
  fc.assert(
    fc.property(ids, fc.infiniteStream(fc.boolean()), (all, leaves) => {
      const desk = createDesk();
      const here = new Map<string, number>();
      for (const id of all) {
        const known = here.get(id);
        if (known !== undefined && leaves.next().value) {
          desk.remove(known);
          here.delete(id);
        } else here.set(id, find(desk, id));
        if (known !== undefined && here.has(id)) expect(here.get(id)).toBe(known);
      }
      expect(new Set(here.values()).size).toBe(here.size);
      expect(desk.size).toBe(here.size);
      const found = [...here].map(([id, order]) => [find(desk, id), desk.idOf(order), desk.has(order)]);
      expect(found).toEqual([...here].map(([id, order]) => [order, id, true]));
      expect(desk.size).toBe(here.size);
      const packed = desk.pack([...here.values()]);
      expect(desk.unpack(packed)).toEqual([...here.values()]);
      const other = createDesk();
      expect(other.unpack(packed).map((order) => other.idOf(order))).toEqual([...here.keys()]);
    }),
  );
});

test('has room for as many as come, and tells those who keep something of them', () => {
  const desk = createDesk();
  const capacities: number[] = [];
  let arrived = 0;
  desk.onGrow((capacity) => capacities.push(capacity));
  desk.onArrival(() => arrived++);
  const all = Array.from({ length: 20_000 }, (_, i) => `order-${i}`);
  const orders = all.map((id) => find(desk, id));
  expect(new Set(orders).size).toBe(20_000);
  expect(Math.max(...orders)).toBeLessThan(32_768);
  expect(all.map((id) => find(desk, id))).toEqual(orders);
  expect(arrived).toBe(20_000);
  expect(capacities).toEqual([4_096, 8_192, 16_384, 32_768]);
});

test('gives numbers that were freed to others', () => {
  const desk = createDesk();
  let capacity = 0;
  desk.onGrow((now) => {
    capacity = now;
  });
  for (let i = 0; i < 100_000; i++) desk.remove(find(desk, `order-${i}`));
  expect([desk.size, capacity]).toEqual([0, 4_096]);
});

test.each([
  ['', -1],
  ['x'.repeat(64), -1],
  ['with blank', -1],
  ['not ascii é', -1],
  ['x'.repeat(63), 0],
])('takes %j for an id, or not', (id, order) => expect(find(createDesk(), id)).toBe(order));
