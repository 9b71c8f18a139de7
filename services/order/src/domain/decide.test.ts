import { describe, expect, test } from '@jest/globals';
import { assigned, delivered, placedOrder, ready, received, run, started } from '../testing/orders.ts';
import { type Command, decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { cancellationOutcome, type Fact, isFinal, moneyState, type Order } from './order.ts';

const confirmed: Command = { type: 'confirmStock', at: 1_500 };
const refused: Command = { type: 'refuseStock', at: 1_500 };
const failed: Command = { type: 'failPayment', paymentId: 'pay-1', reason: 'card declined', at: 2_000 };
const expired: Command = { type: 'expire', at: 61_000 };
const givenUp: Command = { type: 'giveUp', at: 61_000 };
const cancelled: Command = { type: 'cancel', at: 2_500 };
const dropped: Command = { type: 'dropTicket', at: 2_700 };
const total = placedOrder.total;

const cancelledFor = (reason: string, at: number) => ({ type: 'OrderCancelled', reason, at });
const refundRequested = { type: 'RefundRequested', paymentId: 'pay-1', amount: total };
const settlementRequested = { type: 'SettlementRequested', amount: total };
const second: Command = { ...received, paymentId: 'pay-2' };
const cent = { amount: 1, currency: 'EUR' };
const wrong: Command = { ...received, amount: cent };
const refunded: Command & { type: 'recordRefund' } = {
  ...{ type: 'recordRefund', paymentId: 'pay-1', refundId: 're-1' },
  ...{ amount: total, at: 9_000 },
};
const overdue: Command = { type: 'cancelOverdue', at: 4_000_000 };
const refundOverdue: Command = { type: 'refundOverdue', at: 5_000_000 };
const refundedOverdue = [cancelledFor('customer_request', 5_000_000), refundRequested];

/** [what happened before, the command, what it leads to] */
const transitions: [string, Command[], Command, unknown[]][] = [
  [
    'asks for the money when the stock is reserved',
    [],
    confirmed,
    [{ type: 'PaymentRequested', amount: total }],
  ],
  ['asks for the money once', [confirmed], confirmed, []],
  ['asks nothing for an order cancelled meanwhile', [cancelled], confirmed, []],

  ['cancels what is out of stock', [], refused, [cancelledFor('out_of_stock', 1_500)]],
  ['cancels what is out of stock once', [refused], refused, []],
  ['does not cancel a paid order for stock', [confirmed, received], refused, []],

  [
    'takes the payment',
    [confirmed],
    received,
    [{ type: 'PaymentReceived', paymentId: 'pay-1', amount: total, at: 2_000 }],
  ],
  [
    'takes no payment of another amount, and gives it back',
    [confirmed],
    wrong,
    [{ ...refundRequested, amount: cent }],
  ],
  [
    'takes no payment in another currency, and gives it back',
    [confirmed],
    { ...received, amount: { ...total, currency: 'USD' } } as Command,
    [{ ...refundRequested, amount: { ...total, currency: 'USD' } }],
  ],
  ['gives it back once', [confirmed, wrong], wrong, []],
  [
    'takes the right payment after a wrong one',
    [confirmed, wrong],
    second,
    [{ type: 'PaymentReceived', paymentId: 'pay-2', amount: total, at: 2_000 }],
  ],
  [
    'gives back the wrong payment after the right one',
    [confirmed, second],
    wrong,
    [{ ...refundRequested, amount: cent }],
  ],
  ['gives back a payment that nobody has asked for yet', [], received, [refundRequested]],
  ['gives it back once, also when it is told again after that', [received, confirmed], received, []],
  [
    'takes the payment that it asked for after one that it did not',
    [received, confirmed],
    second,
    [{ type: 'PaymentReceived', paymentId: 'pay-2', amount: total, at: 2_000 }],
  ],
  ['takes a payment once', [confirmed, received], received, []],
  ['takes a payment once, also on the way', [confirmed, received, started], received, []],
  [
    'gives back a second payment',
    [confirmed, received],
    second,
    [{ ...refundRequested, paymentId: 'pay-2' }],
  ],
  [
    'gives back a second payment after the delivery',
    [confirmed, received, started, ready, assigned, delivered],
    second,
    [{ ...refundRequested, paymentId: 'pay-2' }],
  ],
  ['gives back a payment that comes after the time-out', [confirmed, givenUp], received, [refundRequested]],
  [
    'gives back a payment that comes after the cancellation',
    [confirmed, cancelled],
    received,
    [refundRequested],
  ],
  [
    'gives back a payment that succeeds after it had failed',
    [confirmed, failed],
    received,
    [refundRequested],
  ],
  ['gives it back once', [confirmed, cancelled, received], received, []],
  ['gives it back once, also when that is done', [confirmed, cancelled, received, refunded], received, []],

  [
    'cancels when the payment fails',
    [confirmed],
    failed,
    [
      { type: 'PaymentFailed', paymentId: 'pay-1', reason: 'card declined', at: 2_000 },
      cancelledFor('payment_failed', 2_000),
    ],
  ],
  ['ignores a failure before it has asked for a payment', [], failed, []],
  ['ignores a failure after the success', [confirmed, received], failed, []],
  ['ignores a second failure', [confirmed, failed], failed, []],

  [
    'cancels when the provider has no payment and takes none',
    [confirmed],
    givenUp,
    [{ type: 'PaymentCalledOff' }, cancelledFor('payment_timeout', 61_000)],
  ],
  ['does not give up a paid order', [confirmed, received], givenUp, []],
  ['has nothing left to give up', [confirmed, givenUp], givenUp, []],
  [
    'has the payment of a cancelled order called off',
    [confirmed, cancelled],
    givenUp,
    [{ type: 'PaymentCalledOff' }],
  ],
  ['asks the provider before it gives an order up', [confirmed], expired, [settlementRequested]],
  ['cancels when not even the stock answers', [], expired, [cancelledFor('payment_timeout', 61_000)]],
  ['does not expire a paid order', [confirmed, received], expired, []],
  ['does not expire a cancelled order', [cancelled], expired, []],

  [
    'records the refund',
    [confirmed, received, cancelled, dropped],
    refunded,
    [{ type: 'PaymentRefunded', paymentId: 'pay-1', refundId: 're-1', amount: total, at: 9_000 }],
  ],
  ['records the refund once', [confirmed, received, cancelled, dropped, refunded], refunded, []],
  ['records no refund that it did not ask for', [confirmed, received], refunded, []],
  [
    'records no refund of another payment',
    [confirmed, received, cancelled, dropped],
    { ...refunded, paymentId: 'pay-2' } as Command,
    [],
  ],
  [
    'records the refund of a second payment',
    [confirmed, received, second],
    { ...refunded, paymentId: 'pay-2' } as Command,
    [{ type: 'PaymentRefunded', paymentId: 'pay-2', refundId: 're-1', amount: total, at: 9_000 }],
  ],
  [
    'records what was given back, whatever was told of the payment first',
    [confirmed, wrong, received],
    refunded,
    [{ type: 'PaymentRefunded', paymentId: 'pay-1', refundId: 're-1', amount: total, at: 9_000 }],
  ],
  ['records the refund of a wrong payment once', [confirmed, wrong, refunded], refunded, []],

  ['lets the customer cancel alone', [], cancelled, [cancelledFor('customer_request', 2_500)]],
  [
    'has the payment settled that it was waiting for when the customer cancels',
    [confirmed],
    cancelled,
    [cancelledFor('customer_request', 2_500), settlementRequested],
  ],
  [
    'asks the kitchen after the payment',
    [confirmed, received],
    cancelled,
    [{ type: 'CancellationRequested', at: 2_500 }],
  ],
  ['asks the kitchen once', [confirmed, received, cancelled], cancelled, []],
  [
    'asks the kitchen again for staff',
    [confirmed, received, cancelled],
    overdue,
    [{ type: 'CancellationRequested', at: 4_000_000 }],
  ],
  ['does not cancel for staff what is being prepared', [confirmed, received, started], overdue, []],
  ['does not cancel for staff what is not paid', [confirmed], overdue, []],
  ['refunds for staff what is paid', [confirmed, received, cancelled], refundOverdue, refundedOverdue],
  ['refunds for staff what is made', [confirmed, received, started, ready], refundOverdue, refundedOverdue],
  ['refunds for staff what is on its way', [confirmed, received, assigned], refundOverdue, refundedOverdue],
  ['refunds for staff once', [confirmed, received, ready, refundOverdue], refundOverdue, []],
  ['refunds nothing that is delivered', [confirmed, received, assigned, delivered], refundOverdue, []],
  ['refunds nothing that is not paid', [confirmed], refundOverdue, []],
  [
    'stays refunded when the kitchen drops it late',
    [confirmed, received, cancelled, refundOverdue],
    dropped,
    [],
  ],
  ['stays refunded when it is brought after all', [confirmed, received, ready, refundOverdue], delivered, []],
  ['does not cancel what is being prepared', [confirmed, received, started], cancelled, []],
  [
    'does not cancel what is delivered',
    [confirmed, received, started, ready, assigned, delivered],
    cancelled,
    [],
  ],
  ['cancels once', [cancelled], cancelled, []],

  [
    'cancels and gives the money back when the kitchen drops the ticket',
    [confirmed, received, cancelled],
    dropped,
    [cancelledFor('customer_request', 2_700), refundRequested],
  ],
  ['takes a dropped ticket once', [confirmed, received, cancelled, dropped], dropped, []],
  ['knows of no ticket before the payment', [confirmed], dropped, []],
  ['does not take a ticket for dropped that was started', [confirmed, received, started], dropped, []],

  ['records a step', [confirmed, received], started, [{ type: 'StepReached', step: 'preparing', at: 3_000 }]],
  ['records a step once', [confirmed, received, started], started, []],
  ['records no step of an unpaid order', [confirmed], started, []],
  ['records no step of a cancelled order', [confirmed, received, cancelled, dropped], ready, []],
  [
    'records a step that is reported late',
    [confirmed, received, started, assigned, delivered],
    ready,
    [{ type: 'StepReached', step: 'ready', at: 4_000 }],
  ],
];

describe('decide', () => {
  test.each(transitions)('%s', (_title, before, command, facts) => {
    expect(decide(run(...before).order, command)).toEqual(facts);
  });

  test('refuses what is not a command', () => {
    expect(() => decide(placedOrder, { type: 'dance' } as unknown as Command)).toThrow(
      /Not a command.*dance/,
    );
  });
});

describe('evolve', () => {
  const ends: [string, Command[], Partial<Order>][] = [
    ['a payment that was asked for', [confirmed], { status: 'placed', payment: { state: 'requested' } }],
    [
      'an order on its way to the customer',
      [confirmed, received, started, ready, assigned, delivered],
      {
        status: 'delivered',
        times: {
          placed: 1_000,
          paid: 2_000,
          preparing: 3_000,
          ready: 4_000,
          on_the_way: 5_000,
          delivered: 6_000,
        },
        payment: { state: 'received', paymentId: 'pay-1', amount: total },
      },
    ],
    [
      'steps that are reported backwards',
      [confirmed, received, delivered, assigned, ready, started],
      {
        status: 'delivered',
        times: {
          placed: 1_000,
          paid: 2_000,
          preparing: 3_000,
          ready: 4_000,
          on_the_way: 5_000,
          delivered: 6_000,
        },
      },
    ],
    ['the courier before the kitchen', [confirmed, received, assigned, started], { status: 'on_the_way' }],
    [
      'a payment that failed',
      [confirmed, failed],
      {
        status: 'cancelled',
        cancelReason: 'payment_failed',
        payment: { state: 'failed' },
        times: { placed: 1_000, cancelled: 2_000 },
      },
    ],
    [
      'a cancellation that the kitchen grants',
      [confirmed, received, cancelled, dropped, refunded],
      {
        status: 'cancelled',
        cancelReason: 'customer_request',
        cancellationRequestedAt: 2_500,
        times: { placed: 1_000, paid: 2_000, cancelled: 2_700 },
        payment: { state: 'refunded', paymentId: 'pay-1', refundId: 're-1', amount: total },
      },
    ],
    [
      'several payments, of which one counts',
      [confirmed, wrong, second, { ...received, paymentId: 'pay-3' }, { ...refunded, amount: cent }],
      {
        status: 'paid',
        payment: { state: 'received', paymentId: 'pay-2', amount: total },
        otherPayments: [
          { paymentId: 'pay-3', amount: total },
          { paymentId: 'pay-1', amount: cent, refundId: 're-1' },
        ],
      },
    ],
    ['a payment that was called off', [confirmed, cancelled, givenUp], { payment: { state: 'none' } }],
    [
      'when the customer asked first, however often the kitchen is asked',
      [confirmed, received, cancelled, overdue],
      { cancellationRequestedAt: 2_500 },
    ],
  ];

  test.each(ends)('%s', (_title, commands, state) => {
    expect(run(...commands).order).toMatchObject(state);
  });

  test('leaves the order that it starts from as it is', () => {
    const before = structuredClone(placedOrder);
    run(confirmed, received, cancelled, dropped, refunded);
    expect(placedOrder).toEqual(before);
  });

  test('never takes a cancelled order further', () => {
    const { order } = run(cancelled);
    expect(evolve(order, { type: 'StepReached', step: 'delivered', at: 6_000 }).status).toBe('cancelled');
  });

  test('refuses what is not a fact', () => {
    expect(() => evolve(placedOrder, { type: 'Danced' } as unknown as Fact)).toThrow(/Not a fact.*Danced/);
  });
});

describe('an order that costs nothing', () => {
  const free = { ...placedOrder, total: { ...total, amount: 0 } };
  const decided = (order: Order, command: Command) => decide(order, command).reduce(evolve, order);
  const paymentId = 'free-order-1';

  test('is paid as soon as there is stock for it', () => {
    const facts = decide(free, confirmed);
    expect(facts).toEqual([{ type: 'PaymentReceived', paymentId, amount: free.total, at: 1_500 }]);
    expect(decided(free, confirmed).status).toBe('paid');
  });

  test('gives nothing back to be cancelled, and says so', () => {
    const asked = decided(decided(free, confirmed), cancelled);
    expect(decide(asked, dropped)).toEqual([
      cancelledFor('customer_request', 2_700),
      { type: 'PaymentRefunded', paymentId, refundId: paymentId, amount: free.total, at: 2_700 },
    ]);
  });
});

test.each<[string, Command[], string]>([
  ['with the payment that counts', [confirmed, wrong, second, refunded], 'received'],
  ['on its way back', [confirmed, cancelled, received], 'refunding'],
  ['given back', [confirmed, cancelled, received, refunded], 'refunded'],
  ['on its way back as long as one payment is', [confirmed, cancelled, wrong, second, refunded], 'refunding'],
  ['not asked for any more', [confirmed, cancelled, givenUp], 'none'],
  ['still asked for after a wrong payment', [confirmed, wrong, refunded], 'requested'],
])('money is %s', (_title, commands, state) => {
  expect(moneyState(run(...commands).order)).toBe(state);
});

describe("the outcome of the customer's wish to cancel", () => {
  test.each([
    ['undefined without one', [confirmed, received], undefined],
    ['undefined when nobody had to be asked', [confirmed, cancelled], undefined],
    ['pending while the kitchen has not answered', [confirmed, received, cancelled], 'pending'],
    ['granted when the ticket was dropped', [confirmed, received, cancelled, dropped], 'granted'],
    ['too late when the kitchen had started', [confirmed, received, cancelled, started], 'too_late'],
  ] as [string, Command[], string | undefined][])('%s', (_title, commands, outcome) => {
    expect(cancellationOutcome(run(...commands).order)).toBe(outcome);
  });

  test('the end is delivered or cancelled, nothing else', () => {
    const statuses: Order['status'][] = [
      'placed',
      'paid',
      'preparing',
      'ready',
      'on_the_way',
      'delivered',
      'cancelled',
    ];
    expect(statuses.filter(isFinal)).toEqual(['delivered', 'cancelled']);
  });
});
