import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { placedOrder } from '../testing/orders.ts';
import { type Command, decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { type Fact, isFinal, type LaterStep, type Order, type Status, steps } from './order.ts';

/** How everybody around one order behaves this time. */
interface Scenario {
  stock: 'reserved' | 'rejected' | 'silent';
  payments: ('succeeded' | 'failed')[];
  cancels: number;
  /** Whether the clock waits until nothing else is under way. In a hurry, it is first so often that hardly an order is delivered. */
  patient: boolean;
  /** At each turn: which of the messages that are under way arrives next. */
  schedule: number[];
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  stock: fc.constantFrom('reserved', 'reserved', 'reserved', 'rejected', 'silent'),
  payments: fc.array(fc.constantFrom('succeeded', 'failed'), { maxLength: 4 }),
  cancels: fc.constantFrom(0, 0, 1, 2, 3),
  patient: fc.boolean(),
  schedule: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
});

/**
 * Plays one order with catalog, provider, customer, kitchen, courier and clock around it. Whatever one of them sends
 * is under way for as long as the schedule likes and overtakes everything else, as it may between topics.
 */
function play({ stock, payments, cancels, patient, schedule }: Scenario) {
  let order: Order = placedOrder;
  const facts: Fact[] = [];
  const seen: Status[] = [order.status];
  const kitchen = { paid: false, asked: false, decided: false };
  const underWay: (() => void)[] = [];
  let now = placedOrder.times.placed;

  const send = (command: Command) => {
    const decided = decide(order, command);
    order = decided.reduce(evolve, order);
    seen.push(order.status);
    for (const fact of decided) {
      facts.push(fact);
      react(fact);
    }
  };

  /** The kitchen decides once: with the payment it starts, unless it has been asked to cancel by then. */
  const kitchenDecides = () => {
    if (!kitchen.paid || kitchen.decided) return;
    kitchen.decided = true;
    const at = now;
    if (kitchen.asked) {
      underWay.push(() => send({ type: 'dropTicket', at }));
      return;
    }
    for (const step of ['preparing', 'ready', 'on_the_way', 'delivered'] satisfies LaterStep[]) {
      underWay.push(() => send({ type: 'recordStep', step, at }));
    }
  };

  const react = (fact: Fact) => {
    if (fact.type === 'PaymentRequested') {
      for (const outcome of payments) {
        underWay.push(() =>
          outcome === 'succeeded'
            ? send({ type: 'receivePayment', paymentId: 'pay-1', amount: fact.amount, at: now })
            : send({ type: 'failPayment', paymentId: 'pay-1', reason: 'card declined', at: now }),
        );
      }
    }
    if (fact.type === 'PaymentReceived') {
      underWay.push(() => {
        kitchen.paid = true;
        kitchenDecides();
      });
    }
    if (fact.type === 'CancellationRequested') {
      underWay.push(() => {
        kitchen.asked = true;
        kitchenDecides();
      });
    }
    if (fact.type === 'RefundRequested') {
      const { paymentId } = fact;
      // The worker's call may be repeated when it dies before it has written the answer down.
      const refund = () => send({ type: 'recordRefund', paymentId, refundId: 're-1', at: now });
      underWay.push(refund, refund);
    }
  };

  if (stock === 'reserved') underWay.push(() => send({ type: 'confirmStock' }));
  if (stock === 'rejected') underWay.push(() => send({ type: 'refuseStock', at: now }));
  for (let n = 0; n < cancels; n++) underWay.push(() => send({ type: 'cancel', at: now }));

  let expires = false;
  for (let turn = 0; underWay.length > 0 || !expires; turn++) {
    if (!expires && (!patient || underWay.length === 0)) {
      expires = true;
      underWay.push(() => send({ type: 'expirePayment', at: now }));
    }
    now += 1;
    const [deliver] = underWay.splice((schedule[turn] ?? 0) % underWay.length, 1);
    deliver?.();
  }
  return { order, facts, seen };
}

const count = (facts: Fact[], type: Fact['type']) => facts.filter((fact) => fact.type === type).length;

describe('every order', () => {
  test('ends delivered or cancelled, once, and only a delivered one keeps the money', () => {
    const endings = new Set<string>();
    fc.assert(
      fc.property(scenario, (chosen) => {
        const { order, facts } = play(chosen);
        endings.add(order.cancelReason ?? order.status);

        expect(isFinal(order.status)).toBe(true);
        expect(count(facts, 'OrderCancelled')).toBe(order.status === 'cancelled' ? 1 : 0);
        expect(order.times.delivered !== undefined).toBe(order.status === 'delivered');
        expect(count(facts, 'PaymentReceived')).toBeLessThanOrEqual(1);

        const paymentCame = chosen.payments.includes('succeeded') && count(facts, 'PaymentRequested') > 0;
        if (order.status === 'delivered') expect(order.payment.state).toBe('received');
        else expect(order.payment.state === 'refunded').toBe(paymentCame);
        expect(count(facts, 'PaymentRefunded')).toBe(order.payment.state === 'refunded' ? 1 : 0);
      }),
      { numRuns: 5_000 },
    );
    // If one of the endings is never met, the property above says nothing about it.
    expect([...endings].sort()).toEqual(
      ['customer_request', 'delivered', 'out_of_stock', 'payment_failed', 'payment_timeout'].sort(),
    );
  });

  test('shows the customer a status that never goes back', () => {
    const rank = (status: Status) => (status === 'cancelled' ? steps.length : steps.indexOf(status));
    fc.assert(
      fc.property(scenario, (chosen) => {
        const ranks = play(chosen).seen.map(rank);
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
      { numRuns: 2_000 },
    );
  });

  test('has a time for each step that it went through', () => {
    let delivered = 0;
    fc.assert(
      fc.property(scenario, (chosen) => {
        const { order } = play(chosen);
        if (order.status !== 'delivered') return;
        delivered++;
        expect(Object.keys(order.times).sort()).toEqual([...steps].sort());
      }),
      { numRuns: 2_000 },
    );
    expect(delivered).toBeGreaterThan(50);
  });
});

describe('an order that ended', () => {
  const at = fc.nat();
  const paymentId = fc.constantFrom('pay-1', 'pay-2');
  const amount = fc.constant(placedOrder.total);
  const anyCommand: fc.Arbitrary<Command> = fc.oneof(
    fc.record({ type: fc.constant('confirmStock' as const) }),
    fc.record({ type: fc.constantFrom('refuseStock' as const, 'expirePayment', 'cancel', 'dropTicket'), at }),
    fc.record({ type: fc.constant('receivePayment' as const), paymentId, amount, at }),
    fc.record({ type: fc.constant('failPayment' as const), paymentId, reason: fc.constant('declined'), at }),
    fc.record({ type: fc.constant('recordRefund' as const), paymentId, refundId: fc.constant('re-1'), at }),
    fc.record({
      type: fc.constant('recordStep' as const),
      step: fc.constantFrom<LaterStep>('preparing', 'ready', 'on_the_way', 'delivered'),
      at,
    }),
  );

  test('stays as it ended, whatever nonsense comes', () => {
    const met = { delivered: 0, cancelled: 0 };
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 30 }), (commands) => {
        let order: Order = placedOrder;
        for (const command of commands) {
          const next = decide(order, command).reduce(evolve, order);
          if (order.status === 'delivered' || order.status === 'cancelled') {
            met[order.status]++;
            expect(next.status).toBe(order.status);
          }
          order = next;
        }
      }),
      { numRuns: 5_000 },
    );
    expect(Math.min(met.delivered, met.cancelled)).toBeGreaterThan(100);
  });
});
