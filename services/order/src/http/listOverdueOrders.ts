import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import type { OrderConfig } from '../config.ts';
import { countOverdue, listOverdue, placePattern } from '../store/overdue.ts';
import { orderView, toView } from './orderView.ts';

const overdueOrders = z.object({
  afterSeconds: z.number().describe('how long after its payment an order is overdue'),
  count: z.int().describe('how many there are'),
  orders: z
    .array(orderView.extend({ paidForSeconds: z.int().describe('since when it has been paid') }))
    .describe('a page of them, those that have been paid for the longest first'),
  next: z.string().nullable().describe('what `after` is for the next page; null: there is none'),
});

/** For staff: what was paid and hangs. The deadline of an order is here, not in a timer that would end it. */
export const listOverdueOrders = ({ db, config }: ServiceContext<OrderConfig>) =>
  route({
    method: 'get',
    path: '/overdue-orders',
    summary: 'Orders that were paid long ago and have not ended',
    staff: true,
    query: z.strictObject({
      after: z.string().regex(placePattern).optional().describe('what the page before gave as next'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    responses: { 200: { description: 'The longest first', schema: overdueOrders } },
    async handle({ query: { after, limit } }) {
      const afterSeconds = config.OVERDUE_AFTER_SECONDS;
      const { count } = await countOverdue(db, afterSeconds);
      const found = await listOverdue(db, afterSeconds, { after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const orders = page.map(({ order, paidForSeconds }) => ({ ...toView(order), paidForSeconds }));
      const next = found.length > limit ? (page.at(-1)?.place ?? null) : null;
      return { status: 200, body: { afterSeconds, count, orders, next } };
    },
  });
