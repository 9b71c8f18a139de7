import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import type { Step } from '../projections/funnel/funnel.ts';
import { reportFunnel } from '../projections/funnel/reportFunnel.ts';

const report = z.object({
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

export const funnelReport = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/reports/funnel',
    summary: 'How many orders came how far, since the beginning',
    responses: { 200: { description: 'Each step with its number of orders', schema: report } },
    handle: async () => {
      const counts = await reportFunnel(db);
      const orders = (step: Step) =>
        counts.filter((count) => count.step === step).reduce((sum, count) => sum + count.orders, 0);
      const cancelled = counts.filter(({ step }) => step === 'cancelled');
      return {
        status: 200,
        body: {
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
