import { route } from '@brew/service';
import { z } from 'zod';
import type { Provider } from '../provider.ts';
import { findPaymentsOfOrder, type Payment } from '../store/payments.ts';

/** A payment, as those see it who ask. */
export const paymentView = z.object({
  paymentId: z.string(),
  orderId: z.string(),
  amount: z.object({ amount: z.int(), currency: z.string() }),
  status: z.enum(['pending', 'succeeded', 'failed', 'cancelled']),
  reason: z.string().optional().describe('why it failed'),
  refunded: z.int().describe('what was given back, in the smallest unit of the currency'),
});

/** For those who want to see where an order's money is: the shop when it has not heard, people, and tests. */
export const listPayments = ({ db }: Provider) =>
  route({
    method: 'get',
    path: '/payments',
    summary: 'The payments of an order, with what was given back',
    query: z.strictObject({ orderId: z.string().min(1).max(100) }),
    responses: {
      200: { description: 'The oldest first', schema: z.object({ payments: z.array(paymentView) }) },
    },
    handle: async ({ query }) => ({
      status: 200,
      body: { payments: (await findPaymentsOfOrder(db, query.orderId)).map(toView) },
    }),
  });

export const toView = ({ reason, ...payment }: Payment) => ({
  ...payment,
  ...(reason !== null && { reason }),
});
