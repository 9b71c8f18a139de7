import { randomUUID } from 'node:crypto';
import type { Tx } from '@brew/postgres';
import { route } from '@brew/service';
import { z } from 'zod';
import { type Course, drawCourse } from '../course.ts';
import type { Provider } from '../provider.ts';
import { findPaymentByKey, insertPayment, type PaymentRequest } from '../store/payments.ts';
import { insertWebhooks } from '../store/webhooks.ts';
import { credentials, keyReused, requireApiKey } from './credentials.ts';
import { money } from './money.ts';

/** Takes the order for a payment. What becomes of it is told by webhooks, which are stored together with it. */
export const createPayment = ({ db, apiKey, random, now, behaviour, onPlanned }: Provider) =>
  route({
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
      const key = headers['idempotency-key'];
      const paymentId = await db.transaction(async (tx) => {
        const course = drawCourse(random, behaviour.current);
        const created = await insertPayment(tx, key, body, course);
        if (created === undefined) return paymentOfKey(tx, key, body);
        await insertWebhooks(tx, webhooksOf(course, created, body, now()));
        return created;
      });
      onPlanned();
      return { status: 202, body: { paymentId, status: 'pending' as const } };
    },
  });

async function paymentOfKey(tx: Tx, key: string, { orderId, amount }: PaymentRequest): Promise<string> {
  const payment = await findPaymentByKey(tx, key);
  const same =
    payment?.orderId === orderId &&
    payment.amount.amount === amount.amount &&
    payment.amount.currency === amount.currency;
  return same ? payment.paymentId : keyReused();
}

/** Two webhooks of one event have the same id, by which a receiver may tell that it had it before. */
function webhooksOf(
  { reason, webhooks }: Course,
  paymentId: string,
  { orderId, amount }: PaymentRequest,
  at: Date,
) {
  const ids = new Map(webhooks.map(({ type }) => [type, `evt_${randomUUID()}`]));
  return webhooks.map(({ type, happensAfterMs, sentAfterMs }) => ({
    sentAfterMs,
    body: JSON.stringify({
      id: ids.get(type),
      type,
      createdAt: new Date(at.getTime() + happensAfterMs).toISOString(),
      data: { paymentId, orderId, amount, ...(type === 'payment.failed' && { reason }) },
    }),
  }));
}
