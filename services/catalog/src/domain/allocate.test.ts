import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Allocation, allocate, itemsOf, type Reservation, type StockRequest } from './allocate.ts';

const cafeIds = ['cafe-001', 'cafe-002'];
const skus = ['cortado', 'latte', 'mocha'];

const placed = (orderId: string, ...items: [sku: string, quantity: number][]): StockRequest => ({
  kind: 'placed',
  orderId,
  cafeId: 'cafe-001',
  items: items.map(([sku, quantity]) => ({ sku, quantity })),
});
const cancelled = (orderId: string): StockRequest => ({ kind: 'cancelled', orderId });
const shelf = (sku: string, available: number) => ({ cafeId: 'cafe-001', sku, id: '1', available });

describe('allocate', () => {
  test('gives an order all that it needs or nothing, and what is left to the next', () => {
    const requests = [placed('a', ['latte', 2]), placed('b', ['latte', 2]), placed('c', ['latte', 1])];
    const { answers, changes } = allocate(requests, [shelf('latte', 3)], []);
    expect(answers).toEqual([
      { kind: 'reserved', cafeId: 'cafe-001', items: [{ sku: 'latte', quantity: 2, remaining: 1 }] },
      { kind: 'rejected', cafeId: 'cafe-001', missing: [{ sku: 'latte', requested: 2, available: 1 }] },
      { kind: 'reserved', cafeId: 'cafe-001', items: [{ sku: 'latte', quantity: 1, remaining: 0 }] },
    ]);
    expect(changes).toMatchObject([{ sku: 'latte', by: -3 }]);
  });

  test('has what a cancellation gives back for the orders behind it, not for those before', () => {
    const requests = [placed('a', ['latte', 1]), placed('b', ['latte', 1])];
    const kinds = (all: StockRequest[]) =>
      allocate(all, [shelf('latte', 1)], []).answers.map(({ kind }) => kind);
    expect(kinds([...requests, cancelled('a')])).toEqual(['reserved', 'rejected', 'released']);
    expect(kinds(requests.toSpliced(1, 0, cancelled('a')))).toEqual(['reserved', 'released', 'reserved']);
  });

  test('takes an item that is named twice for one, and sorts', () => {
    const { made } = allocate(
      [placed('a', ['mocha', 1], ['latte', 2], ['mocha', 3])],
      [shelf('mocha', 4), shelf('latte', 2)],
      [],
    );
    expect(made).toMatchObject([
      {
        items: [
          { sku: 'latte', quantity: 2 },
          { sku: 'mocha', quantity: 4 },
        ],
      },
    ]);
  });

  test('needs to know of each item that it can change, once', () => {
    const requests = [placed('a', ['latte', 1], ['mocha', 1]), placed('b', ['latte', 2]), cancelled('c')];
    const held = [{ orderId: 'c', cafeId: 'cafe-002', items: [{ sku: 'latte', quantity: 1 }] }];
    expect(itemsOf(requests, held)).toEqual([
      { cafeId: 'cafe-001', sku: 'latte' },
      { cafeId: 'cafe-001', sku: 'mocha' },
      { cafeId: 'cafe-002', sku: 'latte' },
    ]);
  });

  test('answers nothing to a cancellation that has nothing to give back, or nothing any more', () => {
    const requests = [cancelled('unknown'), placed('a', ['latte', 1]), cancelled('a'), cancelled('a')];
    const { answers, changes, made } = allocate(requests, [shelf('latte', 1)], []);
    expect(answers.map(({ kind }) => kind)).toEqual(['nothing', 'reserved', 'released', 'nothing']);
    // The shelf ends as it began.
    expect(changes).toEqual([]);
    expect(made).toMatchObject([{ orderId: 'a', released: true }]);
  });

  test('releases what is not sold any more, and only what is cancelled', () => {
    const items = [{ sku: 'unicorn', quantity: 2 }];
    const held = ['a', 'b'].map((orderId) => ({ orderId, cafeId: 'cafe-001', items }));
    expect(allocate([cancelled('b')], [], held)).toEqual({
      answers: [{ kind: 'released', cafeId: 'cafe-001', items: [{ ...items[0], remaining: null }] }],
      changes: [],
      made: [],
      released: ['b'],
    });
  });

  test('gives back to no shelf that was filled after the reservation', () => {
    const {
      made: [reservation],
    } = allocate([placed('a', ['latte', 2], ['mocha', 1])], [shelf('latte', 2), shelf('mocha', 1)], []);
    const later = [{ ...shelf('latte', 9), id: '2' }, shelf('mocha', 0)];
    const { answers, changes } = allocate([cancelled('a')], later, reservation ? [reservation] : []);
    expect(answers).toEqual([
      {
        ...{ kind: 'released', cafeId: 'cafe-001' },
        items: [
          { sku: 'latte', quantity: 2, remaining: null },
          { sku: 'mocha', quantity: 1, remaining: 1 },
        ],
      },
    ]);
    expect(changes).toMatchObject([{ sku: 'mocha', by: 1 }]);
  });

  test('decides for a chunk what it would have decided one by one, however it is cut', () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(requestsOf(40), fc.array(fc.nat(7), { maxLength: 20 }), (requests, sizes) => {
        const together = settle([requests]);
        expect(together).toEqual(settle(requests.map((request) => [request])));
        expect(settle(cut(requests, sizes))).toEqual(together);
        for (const { kind } of together.answers) met.add(kind);
      }),
      { numRuns: 300 },
    );
    // Where everything is rejected, one by one comes to the same whatever is wrong.
    expect(met).toEqual(new Set(['reserved', 'rejected', 'released', 'nothing']));
  });

  test('never sells what is not there, and loses nothing', () => {
    fc.assert(
      fc.property(requestsOf(40), (requests) => {
        const { stock, reservations } = settle([requests]);
        for (const [key, available] of stock) {
          const kept = [...reservations.values()]
            .filter(({ released }) => !released)
            .flatMap(({ cafeId, items }) => items.filter(({ sku }) => `${cafeId} ${sku}` === key))
            .reduce((sum, { quantity }) => sum + quantity, 0);
          expect(available).toBeGreaterThanOrEqual(0);
          expect(available + kept).toBe(OPENING);
        }
      }),
    );
  });
});

const OPENING = 6;

/** Orders, and some of their cancellations, later and perhaps twice; also of what nobody sells. */
function requestsOf(maxLength: number) {
  const order = fc.record({
    cafeId: fc.constantFrom(...cafeIds),
    items: fc.array(
      fc.record({
        sku: fc.constantFrom(...skus, 'unicorn'),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });
  const step = fc.oneof(order, fc.record({ cancels: fc.nat() }));
  return fc.array(step, { maxLength }).map((steps) =>
    steps.map((step, n): StockRequest => {
      const before = steps
        .slice(0, n)
        .flatMap((each, index) => ('cancels' in each ? [] : [`order-${index}`]));
      if (!('cancels' in step)) return { kind: 'placed', orderId: `order-${n}`, ...step };
      return cancelled(before[step.cancels % before.length] ?? 'unknown');
    }),
  );
}

function cut(requests: StockRequest[], sizes: number[]): StockRequest[][] {
  const rest = [...requests];
  return [...sizes.map((size) => rest.splice(0, size)), rest];
}

/** What the tables and topics would hold after the chunks, one after the other. */
function settle(chunks: StockRequest[][]) {
  const stock = new Map(cafeIds.flatMap((cafeId) => skus.map((sku) => [`${cafeId} ${sku}`, OPENING])));
  const reservations = new Map<string, Reservation & { released: boolean }>();
  const answers: Allocation['answers'] = [];
  for (const requests of chunks) {
    const held = requests.flatMap(({ kind, orderId }) => {
      const reservation = reservations.get(orderId);
      return kind === 'cancelled' && reservation && !reservation.released ? [reservation] : [];
    });
    const shelves = itemsOf(requests, held).flatMap(({ cafeId, sku }) => {
      const available = stock.get(`${cafeId} ${sku}`);
      return available === undefined ? [] : [{ cafeId, sku, id: `${cafeId} ${sku}`, available }];
    });
    const allocation = allocate(requests, shelves, held);
    answers.push(...allocation.answers);
    for (const { cafeId, sku, by } of allocation.changes) {
      stock.set(`${cafeId} ${sku}`, (stock.get(`${cafeId} ${sku}`) ?? 0) + by);
    }
    for (const each of allocation.made) reservations.set(each.orderId, each);
    for (const orderId of allocation.released) {
      const reservation = reservations.get(orderId);
      if (reservation) reservations.set(orderId, { ...reservation, released: true });
    }
  }
  return { stock, reservations, answers };
}
