import { expect, test } from '@jest/globals';
import type { KnownPayment } from './provider.ts';
import { settlePayment } from './settlePayment.ts';

const amount = { amount: 420, currency: 'EUR' };
const job = { kind: 'settle', key: 'payment-1', orderId: 'order-1', amount, cause: {} } as const;
const payment = (paymentId: string, status: string, more: Partial<KnownPayment> = {}): KnownPayment => ({
  ...{ paymentId, amount, status },
  ...more,
});

/** What comes of it when the provider has these payments, and these once the one that was asked for is called off. */
async function settled(asked: KnownPayment[], calledOff?: KnownPayment[]) {
  let wasCalledOff = false;
  const provider = {
    paymentsOf: async () => asked,
    async callOff() {
      wasCalledOff = true;
      return calledOff ?? asked;
    },
  };
  const { commands, isSettled } = await settlePayment(provider, job, () => 9, new AbortController().signal);
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
    'a failure is told with its reason, unless another payment was right',
    [payment('a', 'failed', { reason: 'card\n expired' })],
    undefined,
    { commands: [{ type: 'failPayment', paymentId: 'a', reason: 'card expired', at: 9 }, givenUp] },
  ],
  [
    'the right payment comes before a failure',
    [payment('a', 'failed'), payment('b', 'succeeded')],
    undefined,
    { commands: [received('b'), givenUp], wasCalledOff: false },
  ],
])('%s', async (_title, asked, calledOff, outcome) => {
  expect(await settled(asked, calledOff)).toMatchObject(outcome);
});
