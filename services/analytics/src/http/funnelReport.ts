import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import type { Step } from '../projections/funnel/funnel.ts';
import { reportFunnel } from '../projections/funnel/reportFunnel.ts';
import { longRangeQuery, timeRange } from './timeRange.ts';

const report = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  placed: z.int(),
  stockReserved: z.int(),
  paid: z.int(),
  started: z.int(),
  ready: z.int(),
  assigned: z.int(),
  delivered: z.int(),
  cancelled: z.object({ total: z.int(), byReason: z.record(z.string(), z.int()) }),
  refunded: z.int(),
});

export const funnelReport = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>) =>
  route({
    method: 'get',
    path: '/reports/funnel',
    summary: 'How many orders took each step in a time range of up to 31 days: the last 31 days, unless said',
    query: z.strictObject(longRangeQuery),
    responses: {
      200: {
        description: 'Each step with the orders that took it in the hours that begin in the range',
        schema: report,
      },
    },
    handle: async ({ query }) => {
      const { from, to } = timeRange(query, now(), { unsaid: 31 });
      const counts = await reportFunnel(db, { from, to });
      const orders = (step: Step) =>
        counts.filter((count) => count.step === step).reduce((sum, count) => sum + count.orders, 0);
      const cancelled = counts.filter(({ step }) => step === 'cancelled');
      return {
        status: 200,
        body: {
          from: from.toISOString(),
          to: to.toISOString(),
          placed: orders('placed'),
          stockReserved: orders('stockReserved'),
          paid: orders('paid'),
          started: orders('started'),
          ready: orders('ready'),
          assigned: orders('assigned'),
          delivered: orders('delivered'),
          cancelled: {
            total: orders('cancelled'),
            byReason: Object.fromEntries(cancelled.map((count) => [count.reason, count.orders])),
          },
          refunded: orders('refunded'),
        },
      };
    },
  });
