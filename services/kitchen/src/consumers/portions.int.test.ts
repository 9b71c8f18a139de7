import {
  CancellationRequested,
  type EventType,
  OrderCancelled,
  OrderPlaced,
  PaymentReceived,
  uuidv7,
} from '@brew/events';
import { uniqueName } from '@brew/sandbox/testing';
import type { TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KitchenConfig } from '../config.ts';
import { tick } from '../line/tick.ts';
import { openCafes } from '../store/line.ts';
import { createKitchenBench, latte } from '../testing.ts';
import { createHandlers } from './handlers.ts';

const handlers = createHandlers(() => {});

/** An event of one of two orders, or the line looking along the counters. */
const step = fc.oneof(
  {
    weight: 8,
    // Placed and paid more often than not, or there is hardly anything to start.
    arbitrary: fc.tuple(
      fc.constantFrom('one', 'two'),
      fc.constantFrom('place', 'place', 'pay', 'pay', 'ask', 'askWithCafe', 'cancel'),
    ),
  },
  { weight: 2, arbitrary: fc.constant('line' as const) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('the handlers, given events in portions', () => {
  let bench: TestBench<KitchenConfig>;

  beforeAll(async () => {
    bench = await createKitchenBench(() => new Date('2026-01-01T09:00:00Z'));
  });

  afterAll(() => bench?.stop());

  /** @param index makes the times differ, so that it is seen which of two events counted */
  function eventOf(kind: string, orderId: string, cafeId: string, index: number): [EventType, unknown] {
    const { placed, paid } = latte(orderId, cafeId, index);
    const at = paid.receivedAt;
    switch (kind) {
      case 'place':
        return [OrderPlaced as EventType, { ...placed, placedAt: at }];
      case 'pay':
        return [PaymentReceived as EventType, paid];
      case 'ask':
        return [CancellationRequested as EventType, { orderId, requestedAt: at, cafeId: null }];
      case 'askWithCafe':
        return [CancellationRequested as EventType, { orderId, requestedAt: at, cafeId }];
      default:
        return [OrderCancelled as EventType, { orderId, reason: 'customer_request', cancelledAt: at }];
    }
  }

  /** Takes the steps, with at most so many events at a time, and tells what came of it, in words that can be compared. */
  async function outcome(steps: readonly Step[], portion: number) {
    const { db } = bench.context;
    const names = { one: uuidv7(), two: uuidv7(), cafe: uniqueName('cafe') };
    const ids = new Map<string | undefined | null, string>();
    let waiting: { event: [EventType, unknown]; index: number }[] = [];
    const deliver = async () => {
      const delivered = await bench.deliverTogether(
        handlers,
        waiting.map(({ event }) => event),
      );
      for (const [position, { index }] of waiting.entries()) ids.set(delivered[position], `event ${index}`);
      waiting = [];
    };
    for (const [index, step] of steps.entries()) {
      if (step === 'line') {
        await deliver();
        await openCafes(db, 1);
        await bench.context.transact({}, (work) =>
          tick(work, { speed: 60, baristas: 1 }, { finishes: true, starts: true }),
        );
      } else {
        const [order, kind] = step;
        const orderId = names[order as 'one' | 'two'];
        waiting.push({ event: eventOf(kind, orderId, names.cafe, index), index });
        if (waiting.length >= portion) await deliver();
      }
    }
    await deliver();

    const emitted = (await bench.emitted()).filter(({ correlationId }) =>
      [names.one, names.two].includes(correlationId),
    );
    for (const { id, type } of emitted) ids.set(id, type.name);
    const { rows } = await db.query(
      `select case order_id when $1 then 'one' else 'two' end as "order", placed_at, paid_at,
              cancellation_requested_at, cancelled_at, started_at, dropped_at, stage, preparation_seconds,
              customer, items, cause_id, cafe_id is not null as named
       from tickets where order_id in ($1, $2) order by 1`,
      [names.one, names.two],
    );
    return {
      tickets: rows.map(({ cause_id, ...row }) => ({ ...row, cause: ids.get(cause_id) })),
      events: emitted
        .map(({ type, correlationId, causationId }) => {
          const order = correlationId === names.one ? 'one' : 'two';
          return `${type.name} of ${order} because of ${ids.get(causationId)}`;
        })
        .sort(),
    };
  }

  it('come to the same as one by one, in whichever order the events come', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 16 });
    // Chance alone brings a handful of either: surely one of each.
    const started: Step[] = [['one', 'pay'], ['one', 'place'], 'line'];
    const dropped: Step[] = [
      ['two', 'ask'],
      ['two', 'place'],
    ];
    const met = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 2, max: 12 }), async (steps, portion) => {
        const together = await outcome(steps, portion);
        expect(together).toEqual(await outcome(steps, 1));
        for (const event of together.events) met.add(event.split(' ')[0]);
      }),
      { numRuns: 60, examples: [[[...started, ...dropped, 'line'], 3]] },
    );
    // Where nothing comes of anything, all portions come to the same.
    expect([...met]).toEqual(expect.arrayContaining(['KitchenStarted', 'TicketDropped']));
  });

  it('do not deadlock with others that have the same orders in another order', async () => {
    const orders = Array.from({ length: 200 }, () => latte(uuidv7()));
    const placed = orders.map((order): [EventType, unknown] => [OrderPlaced as EventType, order.placed]);
    const paid = orders.map((order): [EventType, unknown] => [PaymentReceived as EventType, order.paid]);
    // As often as there are connections: two alone may miss each other.
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        bench.deliverTogether(handlers, index % 2 === 0 ? placed : paid.toReversed()),
      ),
    );
    const { rows } = await bench.context.db.query(
      `select count(*)::int as queued from tickets where stage = 'queued' and order_id = any ($1)`,
      [orders.map(({ placed }) => placed.orderId)],
    );
    expect(rows).toEqual([{ queued: 200 }]);
  });
});
