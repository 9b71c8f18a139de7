import { PaymentReceived } from '@brew/events';
import { expect, test } from '@jest/globals';
import { startWorld } from './testing/startWorld.ts';

const TEN_MINUTES_MS = 600_000;

test.each([
  ['behind', -TEN_MINUTES_MS],
  ['ahead of', TEN_MINUTES_MS],
])("a clock that is ten minutes %s the database's cancels nothing", async (_title, ms) => {
  // Each of them shorter than the clock is wrong.
  const env = { PAYMENT_TIMEOUT_SECONDS: '60', UNANSWERED_TIMEOUT_SECONDS: '300' };
  const world = await startWorld({ env, now: () => new Date(Date.now() + ms) });
  try {
    const { body } = await world.call('GET', '/health/ready');
    expect(body.dependencies.postgres).toMatchObject({ up: true, needsStaff: true });
    const waiting = await world.awaiting();
    const { seconds } = await world.untilJob(waiting, 'settle');
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);

    // Whoever would give up the one gives up the other with it, whose time is up.
    const unanswered = await world.place();
    await world.makeOverdue(unanswered);
    await world.untilOrder(unanswered, { status: 'cancelled', reason: 'payment_timeout' });
    expect(await world.get(waiting)).toMatchObject({ status: 'placed', payment: 'requested' });

    // The provider's signature looks ten minutes old or young: its webhook is refused, and what it tells is found out.
    expect((await world.webhook('payment.succeeded', waiting)).status).toBe(401);
    const amount = { amount: 420, currency: 'EUR' };
    world.provider.settle({ paymentId: `pay-${waiting}`, orderId: waiting, amount, status: 'succeeded' });
    await world.makeOverdue(waiting);
    await world.untilEvent(PaymentReceived, waiting);
    expect(await world.get(waiting)).toMatchObject({ status: 'paid' });
  } finally {
    await world.stop();
  }
});
