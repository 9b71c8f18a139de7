import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDesk, type Desk } from './desk.ts';

const find = (desk: Desk, id: string) => {
  // In the middle of other bytes, as ids stand in records.
  const bytes = Buffer.from(`<${id}>`);
  return desk.find(bytes, 1, bytes.length - 1);
};

/** So many that they stand in each other's places, and that the desk has to grow: with fewer, nobody ever has to move up. */
const IDS = 6_000;
/** Who visits, one after the other: numbers that follow from the first. As a list of its own, fast-check would shrink it for minutes. */
function* visits(first: number, count: number) {
  let state = first;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // One that is here leaves one time in four.
    yield { id: `order-${(state >>> 10) % IDS}`, leaves: state >>> 30 === 0 };
  }
}

test('knows who is here, as a map does, whoever comes and goes', () => {
  let [removed, largest] = [0, 0];
  fc.assert(
    fc.property(fc.noShrink(fc.nat()), fc.nat({ max: 4 * IDS }), (first, count) => {
      const desk = createDesk();
      const here = new Map<string, number>();
      let strangers = 0;
      for (const { id, leaves } of visits(first, count)) {
        const known = here.get(id);
        if (known !== undefined && leaves) {
          desk.remove(known);
          here.delete(id);
          removed++;
        } else here.set(id, find(desk, id));
        if (known !== undefined && here.has(id)) strangers += here.get(id) === known ? 0 : 1;
      }
      for (const [id, order] of here) {
        const isThere = find(desk, id) === order && desk.idOf(order) === id && desk.has(order);
        strangers += isThere ? 0 : 1;
      }
      expect(strangers).toBe(0);
      expect(new Set(here.values()).size).toBe(here.size);
      expect(desk.size).toBe(here.size);
      const packed = desk.pack([...here.values()]);
      expect(desk.unpack(packed).join()).toBe([...here.values()].join());
      const other = createDesk();
      expect(other.unpack(packed).map(other.idOf).join()).toBe([...here.keys()].join());
      largest = Math.max(largest, here.size);
    }),
    // The first is as long as can be: it surely has a desk that grows, and many that leave it.
    { numRuns: 12, examples: [[1, 4 * IDS]] },
  );
  // Otherwise it has seen nobody leave, or no desk that had grown.
  expect(removed).toBeGreaterThan(2_000);
  expect(largest).toBeGreaterThan(4_096);
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
])('takes %j for an id, or not', (id, order) => {
  const desk = createDesk();
  const isStranger = () => desk.isStranger(Buffer.from(`<${id}>`), 1, Buffer.byteLength(id) + 1);
  expect(isStranger()).toBe(order === 0);
  expect(find(desk, id)).toBe(order);
  expect(isStranger()).toBe(false);
});
