import { randomUUID } from 'node:crypto';
import { isOutage } from '@brew/postgres';
import { gather, type Outcome, route } from '@brew/service';
import { z } from 'zod';
import { drawCourse } from '../course.ts';
import type { Provider } from '../provider.ts';
import { findPaymentsByKey, insertPayments, type NewPayment, type Payment } from '../store/payments.ts';
import { insertWebhooks } from '../store/webhooks.ts';
import { credentials, keyReused, requireApiKey } from './credentials.ts';
import { money } from './money.ts';

/** How many payments one transaction takes at most. */
const MAX_TOGETHER = 200;

/** Takes the order for a payment. What becomes of it is told by webhooks, which are stored together with it. */
export const createPayment = ({ db, apiKey, random, now, behaviour, onPlanned }: Provider) => {
  /** All who ask at about the same time, in one transaction. @returns the ids of their payments */
  const take = gather(
    (asked: readonly NewPayment[]) =>
      db.transaction(async (tx): Promise<Outcome<string>[]> => {
        const ids = await insertPayments(tx, asked);
        const webhooks = asked.flatMap((payment, index) => {
          const id = ids[index];
          return id === undefined ? [] : webhooksOf(payment, id, now());
        });
        await insertWebhooks(tx, webhooks);
        const repeated = asked.filter((_, index) => ids[index] === undefined);
        const before = await findPaymentsByKey(
          tx,
          repeated.map(({ idempotencyKey }) => idempotencyKey),
        );
        return asked.map((payment, index) => ids[index] ?? repetition(payment, before));
      }),
    { limit: MAX_TOGETHER, concernsAll: isOutage },
  );

  return route({
    method: 'post',
    path: '/payments',
    summary: "Ask for a customer's money",
    headers: credentials,
    body: z.strictObject({ orderId: z.string().min(1).max(100), amount: money }),
    responses: {
      202: {
        description: 'It is being worked on; a webhook tells what came of it',
        schema: z.object({ paymentId: z.string(), status: z.literal('pending') }),
      },
    },
    async handle({ headers, body }) {
      requireApiKey(headers, apiKey);
      const course = drawCourse(random, behaviour.current);
      const paymentId = await take({ ...body, idempotencyKey: headers['idempotency-key'], course });
      onPlanned();
      return { status: 202, body: { paymentId, status: 'pending' as const } };
    },
  });
};

/** The answer of the first request with the same key, if that asked for the same. */
function repetition(
  { idempotencyKey, orderId, amount }: NewPayment,
  before: ReadonlyMap<string, Payment>,
): Outcome<string> {
  const payment = before.get(idempotencyKey);
  const same =
    payment?.orderId === orderId &&
    payment.amount.amount === amount.amount &&
    payment.amount.currency === amount.currency;
  return same ? payment.paymentId : keyReused();
}

/** Two webhooks of one event have the same id, by which a receiver may tell that it had it before. */
function webhooksOf(
  { orderId, amount, course: { reason, webhooks } }: NewPayment,
  paymentId: string,
  at: Date,
) {
  const ids = new Map(webhooks.map(({ type }) => [type, `evt_${randomUUID()}`]));
  return webhooks.map(({ type, happensAfterMs, sentAfterMs }) => ({
    paymentId,
    sentAfterMs,
    body: JSON.stringify({
      id: ids.get(type),
      type,
      createdAt: new Date(at.getTime() + happensAfterMs).toISOString(),
      data: { paymentId, orderId, amount, ...(type === 'payment.failed' && { reason }) },
    }),
  }));
}
