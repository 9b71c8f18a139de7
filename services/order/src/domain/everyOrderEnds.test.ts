import type { Money } from '@brew/events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAskedFor } from '../payments/isAskedFor.ts';
import type { KnownPayment } from '../payments/provider.ts';
import { recheckPayments, settlePayment } from '../payments/settlePayment.ts';
import type { PaymentJob } from '../store/paymentJobs.ts';
import { placedOrder, run } from '../testing/orders.ts';
import { type Command, decide, isSameMoney } from './decide.ts';
import { evolve } from './evolve.ts';
import { type Fact, isFinal, type LaterStep, type Order, type Status, steps } from './order.ts';

/** A payment, as the provider has it this time. */
interface ScenarioPayment {
  /** `stuck`: it stays pending, until it is called off. */
  outcome: 'succeeded' | 'failed' | 'stuck';
  amount: Money;
  /** How often a webhook tells of it. */
  told: number;
  /** Whether the first one tells of one cent. */
  mistold: boolean;
}

/** How everybody around one order behaves this time. */
interface Scenario {
  free: boolean;
  stock: 'reserved' | 'rejected' | 'silent';
  /** The one that is asked for. */
  payment: ScenarioPayment;
  /** Whether it can't be called off for as long as it may succeed. */
  stubborn: boolean;
  /** Payments that nobody has asked for: once the right one was, and before that, or without it. Of none may a webhook ever tell. */
  others: ScenarioPayment[];
  early: ScenarioPayment[];
  cancels: number;
  /** Whether the kitchen ever hears that the order is paid. */
  heard: boolean;
  /** Whether a courier ever hears that it is ready. */
  brought: boolean;
  /** Whether the clock waits until nothing else is under way. In a hurry, it is first so often that hardly an order is delivered. */
  patient: boolean;
  /** At each turn: which of the messages that are under way arrives next. */
  schedule: number[];
}

const total = placedOrder.total;
const money: fc.Arbitrary<Money> = fc.constantFrom(
  ...[
    total,
    total,
    total,
    { ...total, amount: 1 },
    { ...total, currency: 'USD' },
    { ...total, amount: 2 * total.amount },
  ],
);

const unasked: fc.Arbitrary<ScenarioPayment[]> = fc.array(
  fc.record({
    outcome: fc.constantFrom('succeeded', 'failed'),
    amount: money,
    told: fc.nat(2),
    mistold: fc.boolean(),
  }),
  { maxLength: 2 },
);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  free: fc.constantFrom(false, false, false, false, true),
  stock: fc.constantFrom('reserved', 'reserved', 'reserved', 'rejected', 'silent'),
  payment: fc.record({
    outcome: fc.constantFrom('succeeded', 'succeeded', 'failed', 'stuck'),
    amount: money,
    told: fc.nat(2),
    mistold: fc.constantFrom(false, false, false, true),
  }),
  stubborn: fc.boolean(),
  others: unasked,
  early: unasked,
  cancels: fc.constantFrom(0, 0, 1, 2, 3),
  heard: fc.constantFrom(true, true, true, false),
  brought: fc.constantFrom(true, true, true, false),
  patient: fc.boolean(),
  schedule: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
});

/**
 * Plays one order with catalog, provider, customer, kitchen, courier, staff and clock around it. Whatever one of them sends
 * is under way for as long as the schedule likes and overtakes everything else, as it may between topics.
 */
async function play({ free, stock, stubborn, cancels, heard, patient, schedule, ...scenario }: Scenario) {
  let order: Order = free ? { ...placedOrder, total: { ...total, amount: 0 } } : placedOrder;
  const facts: Fact[] = [];
  const seen: Status[] = [order.status];
  const kitchen = { paid: false, asked: false, decided: undefined as 'dropped' | 'started' | undefined };
  const underWay: (() => void | Promise<void>)[] = [];
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

  /** What the provider knows of, and what it has taken. */
  const known: (KnownPayment & { told: number })[] = [];
  const taken = () => known.filter(({ status }) => status === 'succeeded');

  /** The provider gets a payment; later something becomes of it, unless it was called off, and is told, or never. */
  function pay(paymentId: string, { outcome, amount: paid, told, mistold }: ScenarioPayment) {
    const payment = { paymentId, amount: paid, status: 'pending', told };
    known.push(payment);
    underWay.push(() => {
      if (payment.status !== 'pending' || outcome === 'stuck') return;
      payment.status = outcome;
      for (let n = 0; n < told; n++) {
        const amount = mistold && n === 0 ? { ...total, amount: 1 } : paid;
        underWay.push(() => {
          if (outcome === 'succeeded') send({ type: 'receivePayment', paymentId, amount, at: now });
          else if (asked && isAskedFor(asked, payment))
            send({ type: 'failPayment', paymentId, reason: 'card declined', at: now });
        });
      }
    });
  }

  const provider = {
    paymentsOf: async () => structuredClone(known),
    async callOff() {
      const own = known.find(({ paymentId }) => paymentId === 'pay-0');
      const isFirm = stubborn && scenario.payment.outcome !== 'stuck';
      if (own?.status === 'pending' && !isFirm) own.status = 'cancelled';
      return structuredClone(known);
    },
  };

  /** What the provider was asked for. */
  let asked: { amount: Money; paymentId?: string } | undefined;
  /** Whether there is a job that asks what became of the payment that was asked for, and one that asks for others before and after it. */
  let [isUnsettled, isUnchecked] = [false, true];
  const settled = () => {
    isUnsettled = false;
    isUnchecked = true;
  };
  const mustSettle = () => {
    isUnsettled = true;
    underWay.push(settle);
  };

  const jobOf = (kind: 'settle' | 'recheck'): PaymentJob => {
    const { orderId } = order;
    return { kind, key: 'payment-1', orderId, amount: total, cause: {}, ...asked };
  };
  const { signal } = new AbortController();

  async function settle(): Promise<void> {
    if (!isUnsettled) return;
    const { commands, isSettled } = await settlePayment(provider, jobOf('settle'), () => now, signal);
    for (const command of commands) send(command);
    if (isSettled) settled();
    else underWay.push(settle);
  }

  /** Long after everything else. */
  async function recheck(): Promise<void> {
    isUnchecked = false;
    const { commands, isSettled } = await recheckPayments(provider, jobOf('recheck'), () => now, signal);
    for (const command of commands) send(command);
    expect(isSettled).toBe(true);
  }

  /** The kitchen decides once: with the payment it starts, unless it has been asked to drop it by then. It answers whoever asks again. */
  const kitchenDecides = () => {
    const at = now;
    if (kitchen.asked && kitchen.decided !== 'started') {
      kitchen.decided = 'dropped';
      underWay.push(() => send({ type: 'dropTicket', at }));
    } else if (kitchen.paid && kitchen.decided === undefined) {
      kitchen.decided = 'started';
      const made = ['preparing', 'ready'] as const;
      for (const step of scenario.brought ? ([...made, 'on_the_way', 'delivered'] as const) : made) {
        underWay.push(() => send({ type: 'recordStep', step, at }));
      }
    }
  };

  const react = (fact: Fact) => {
    if (fact.type === 'PaymentRequested') {
      asked = { amount: fact.amount };
      underWay.push(() => {
        asked = { amount: total, paymentId: 'pay-0' };
      });
      pay('pay-0', scenario.payment);
      for (const [index, other] of scenario.others.entries()) pay(`pay-${index + 1}`, other);
      mustSettle();
    }
    if (fact.type === 'SettlementRequested') mustSettle();
    if (fact.type === 'PaymentReceived' || fact.type === 'PaymentFailed') {
      if (fact.paymentId === 'pay-0') settled();
    }
    if (fact.type === 'OrderCancelled' && fact.reason === 'payment_timeout') {
      // Nobody who was asked for money is sent away when it is there, and is not on its way back.
      const isOther = (id: string) => order.otherPayments.some(({ paymentId }) => paymentId === id);
      const right = taken().filter(({ amount }) => isSameMoney(amount, order.total));
      if (asked) expect(right.filter(({ paymentId }) => !isOther(paymentId))).toEqual([]);
    }
    if (fact.type === 'PaymentReceived' && heard) {
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
      const { amount } = known.find((payment) => payment.paymentId === paymentId) ?? fact;
      // The worker's call may be repeated when it dies before it has written the answer down.
      const refund = () =>
        send({ type: 'recordRefund', paymentId, refundId: `re-${paymentId}`, amount, at: now });
      underWay.push(refund, refund);
    }
  };

  if (stock === 'reserved') underWay.push(() => send({ type: 'confirmStock', at: now }));
  for (const [index, early] of scenario.early.entries()) underWay.push(() => pay(`early-${index}`, early));
  if (stock === 'rejected') underWay.push(() => send({ type: 'refuseStock', at: now }));
  for (let n = 0; n < cancels; n++) underWay.push(() => send({ type: 'cancel', at: now }));

  let expires = false;
  for (let turn = 0; underWay.length > 0 || !expires; turn++) {
    if (!expires && (!patient || underWay.length === 0)) {
      expires = true;
      underWay.push(() => send({ type: 'expire', at: now }));
    }
    now += 1;
    const [deliver] = underWay.splice((schedule[turn] ?? 0) % underWay.length, 1);
    await deliver?.();
    if (underWay.length > 0) continue;
    if (isUnchecked) await recheck();
    // It hangs: the kitchen never heard of it, or nobody brings it, and staff are told.
    if (order.status === 'paid') send({ type: 'cancelOverdue', at: now });
    if (order.status === 'ready') send({ type: 'refundOverdue', at: now });
  }
  return { order, facts, seen, taken: taken() };
}

const count = (facts: Fact[], type: Fact['type']) => facts.filter((fact) => fact.type === type).length;

describe('every order', () => {
  test('ends delivered or cancelled, once, and only a delivered one keeps money: its total', async () => {
    const endings = new Set<string>();
    const met = { untold: 0, secondUntold: 0, several: 0, free: 0, early: 0 };
    await fc.assert(
      fc.asyncProperty(scenario, async (chosen) => {
        const { order, facts, taken } = await play(chosen);
        endings.add(order.cancelReason ?? order.status);

        expect(isFinal(order.status)).toBe(true);
        expect(count(facts, 'OrderCancelled')).toBe(order.status === 'cancelled' ? 1 : 0);
        expect(order.times.delivered !== undefined).toBe(order.status === 'delivered');

        const isDelivered = order.status === 'delivered';
        const received = facts.filter((fact) => fact.type === 'PaymentReceived');
        expect(received.length).toBeLessThanOrEqual(1);
        if (isDelivered) expect(received).toHaveLength(1);
        for (const { amount } of received) expect(amount).toEqual(order.total);
        if (received.length > 0) expect(chosen.stock).toBe('reserved');
        if (received.length > 0 && !chosen.free) expect(count(facts, 'PaymentRequested')).toBe(1);

        const refunded = facts.filter((fact) => fact.type === 'PaymentRefunded');
        const own = chosen.free ? received.map(({ paymentId, amount }) => ({ paymentId, amount })) : [];
        const paid = [...own, ...taken.map(({ paymentId, amount }) => ({ paymentId, amount }))];
        const kept = paid.filter(
          ({ paymentId }) => isDelivered && received.some((one) => one.paymentId === paymentId),
        );
        expect(refunded.map(({ paymentId, amount }) => ({ paymentId, amount })).sort(byPayment)).toEqual(
          paid.filter((payment) => !kept.includes(payment)).sort(byPayment),
        );
        if (isDelivered) expect(kept).toHaveLength(1);
        if (taken.some(({ told, paymentId }) => told === 0 && paymentId === 'pay-0')) met.untold++;
        if (taken.some(({ told, paymentId }) => told === 0 && paymentId !== 'pay-0')) met.secondUntold++;
        if (taken.length > 1) met.several++;
        if (isDelivered && chosen.free) met.free++;
        if (isDelivered && refunded.some(({ paymentId }) => paymentId.startsWith('early-'))) met.early++;
      }),
      { numRuns: 5_000 },
    );
    // If one of the endings is never met, the property above says nothing about it.
    expect([...endings].sort()).toEqual(
      ['customer_request', 'delivered', 'out_of_stock', 'payment_failed', 'payment_timeout'].sort(),
    );
    expect(Math.min(...Object.values(met))).toBeGreaterThan(50);
  });

  test('shows the customer a status that never goes back', async () => {
    const rank = (status: Status) => (status === 'cancelled' ? steps.length : steps.indexOf(status));
    await fc.assert(
      fc.asyncProperty(scenario, async (chosen) => {
        const ranks = (await play(chosen)).seen.map(rank);
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
      { numRuns: 2_000 },
    );
  });

  test('has a time for each step that it went through', async () => {
    let delivered = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (chosen) => {
        const { order } = await play(chosen);
        if (order.status !== 'delivered') return;
        delivered++;
        expect(Object.keys(order.times).sort()).toEqual([...steps].sort());
      }),
      { numRuns: 2_000 },
    );
    expect(delivered).toBeGreaterThan(50);
  });
});

const byPayment = (a: { paymentId: string }, b: { paymentId: string }) =>
  a.paymentId.localeCompare(b.paymentId);

describe('an order that ended', () => {
  const at = fc.nat();
  const paymentId = fc.constantFrom('pay-1', 'pay-2');
  const amount = fc.constantFrom(total, { ...total, amount: 1 });
  const anyCommand: fc.Arbitrary<Command> = fc.oneof(
    fc.record({ type: fc.constantFrom('confirmStock' as const, 'expire', 'giveUp', 'cancelOverdue'), at }),
    fc.record({ type: fc.constantFrom('refuseStock' as const, 'cancel', 'dropTicket', 'refundOverdue'), at }),
    fc.record({ type: fc.constant('receivePayment' as const), paymentId, amount, at }),
    fc.record({ type: fc.constant('failPayment' as const), paymentId, reason: fc.constant('declined'), at }),
    fc.record({
      type: fc.constant('recordRefund' as const),
      paymentId,
      refundId: fc.constant('re-1'),
      amount,
      at,
    }),
    fc.record({
      type: fc.constant('recordStep' as const),
      step: fc.constantFrom<LaterStep>('preparing', 'ready', 'on_the_way', 'delivered'),
      at,
    }),
  );

  test('stays as it ended, whatever nonsense comes', () => {
    const met = { delivered: 0, cancelled: 0 };
    const asked = run({ type: 'confirmStock', at: 0 }).order;
    const paid = run(
      { type: 'confirmStock', at: 0 },
      { type: 'receivePayment', paymentId: 'pay-1', amount: total, at: 0 },
    ).order;
    fc.assert(
      // From each on its way, or hardly any would be delivered.
      fc.property(
        fc.constantFrom(placedOrder, asked, paid),
        fc.array(anyCommand, { maxLength: 30 }),
        (from, commands) => {
          let order = from;
          for (const command of commands) {
            const next = decide(order, command).reduce(evolve, order);
            if (order.status === 'delivered' || order.status === 'cancelled') {
              met[order.status]++;
              expect(next.status).toBe(order.status);
            }
            order = next;
          }
        },
      ),
      { numRuns: 5_000 },
    );
    expect(Math.min(met.delivered, met.cancelled)).toBeGreaterThan(100);
  });
});
