import { expect, test } from '@jest/globals';
import type { PaymentJob } from '../store/paymentJobs.ts';
import type { KnownPayment } from './provider.ts';
import { recheckPayments, settlePayment } from './settlePayment.ts';

const amount = { amount: 420, currency: 'EUR' };
const unanswered = { kind: 'settle', key: 'payment-1', orderId: 'order-1', amount, cause: {} } as const;
const job = { ...unanswered, paymentId: 'a' };
const payment = (paymentId: string, status: string, more: Partial<KnownPayment> = {}): KnownPayment => ({
  ...{ paymentId, amount, status },
  ...more,
});

/** What comes of it when the provider has these payments, and these once the one that was asked for is called off. */
async function settled(asked: KnownPayment[], calledOff?: KnownPayment[], of: PaymentJob = job) {
  let wasCalledOff = false;
  const provider = {
    paymentsOf: async () => asked,
    async callOff() {
      wasCalledOff = true;
      return calledOff ?? asked;
    },
  };
  const { commands, isSettled } = await settlePayment(provider, of, () => 9, new AbortController().signal);
  return { commands, isSettled, wasCalledOff };
}

const received = (paymentId: string, of = amount) => ({
  type: 'receivePayment',
  paymentId,
  amount: of,
  at: 9,
});
const givenUp = { type: 'giveUp', at: 9 };

test.each<[string, KnownPayment[], KnownPayment[] | undefined, object]>([
  [
    'the right payment settles it, and nothing is called off',
    [payment('a', 'succeeded')],
    undefined,
    { commands: [received('a'), givenUp], isSettled: true, wasCalledOff: false },
  ],
  [
    'what is pending beside the right payment is called off',
    [payment('a', 'succeeded'), payment('b', 'pending')],
    [payment('a', 'succeeded'), payment('b', 'cancelled')],
    { commands: [received('a'), givenUp], isSettled: true, wasCalledOff: true },
  ],
  [
    'what can not be called off is asked about again, and what came is told',
    [payment('a', 'succeeded'), payment('b', 'pending')],
    undefined,
    { commands: [received('a')], isSettled: false, wasCalledOff: true },
  ],
  ['none is given up only after that', [], [], { commands: [givenUp], isSettled: true, wasCalledOff: true }],
  [
    'a payment that succeeds meanwhile counts',
    [payment('a', 'pending')],
    [payment('a', 'succeeded')],
    { commands: [received('a'), givenUp], isSettled: true },
  ],
  [
    'another amount is told, and does not settle it',
    [payment('a', 'succeeded', { amount: { ...amount, amount: 1 } })],
    undefined,
    { commands: [received('a', { ...amount, amount: 1 }), givenUp], wasCalledOff: true },
  ],
  [
    'nothing is nothing',
    [payment('a', 'succeeded', { amount: { ...amount, amount: 0 } })],
    undefined,
    { commands: [givenUp], wasCalledOff: true },
  ],
  [
    'what was asked for is called off as long as the provider does not know it, also beside a right payment',
    [payment('b', 'succeeded')],
    undefined,
    { commands: [received('b'), givenUp], isSettled: true, wasCalledOff: true },
  ],
  [
    'a failure is told with its reason',
    [payment('a', 'failed', { reason: 'card\n expired' })],
    undefined,
    { commands: [{ type: 'failPayment', paymentId: 'a', reason: 'card expired', at: 9 }, givenUp] },
  ],
  [
    'the right payment comes before a failure',
    [payment('a', 'failed', { reason: 'declined' }), payment('b', 'succeeded')],
    undefined,
    {
      commands: [received('b'), { type: 'failPayment', paymentId: 'a', reason: 'declined', at: 9 }, givenUp],
      wasCalledOff: false,
    },
  ],
  [
    'of several failures the one of the payment that was asked for is told',
    [payment('b', 'failed', { reason: 'stolen' }), payment('a', 'failed', { reason: 'declined' })],
    undefined,
    { commands: [{ type: 'failPayment', paymentId: 'a', reason: 'declined', at: 9 }, givenUp] },
  ],
])('%s', async (_title, asked, calledOff, outcome) => {
  expect(await settled(asked, calledOff)).toMatchObject(outcome);
});

test('without an answer to the request, the failure of its amount is taken for its own, and it is always called off', async () => {
  const cent = { ...amount, amount: 1 };
  const failures = [payment('b', 'failed', { amount: cent }), payment('c', 'failed')];
  const of = await settled([payment('d', 'succeeded'), ...failures], undefined, unanswered);
  expect(of.wasCalledOff).toBe(true);
  expect(of.commands).toContainEqual({ type: 'failPayment', paymentId: 'c', reason: 'unknown', at: 9 });
});

test('a recheck tells of what has succeeded, and is done when nothing is pending', async () => {
  const recheck = (...known: KnownPayment[]) =>
    recheckPayments({ paymentsOf: async () => known }, job, () => 9, new AbortController().signal);
  const own = payment('a', 'succeeded');
  expect(await recheck()).toEqual({ commands: [], isSettled: true });
  expect(await recheck(own, payment('b', 'succeeded'), payment('c', 'failed'))).toEqual({
    commands: [received('a'), received('b')],
    isSettled: true,
  });
  expect(await recheck(own, payment('b', 'pending'))).toEqual({
    commands: [received('a')],
    isSettled: false,
  });
});
