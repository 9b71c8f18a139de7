import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { reportSales, type Sales } from '../projections/sales/reportSales.ts';
import { timeRange, timeRangeQuery } from './timeRange.ts';

const sold = z.object({
  orders: z.int(),
  total: z.object({ amount: z.int().describe('minor units'), currency: z.string() }),
});

const report = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  totals: z.array(sold).describe('of the whole range, one for each currency'),
  sales: z.array(sold.extend({ cafeId: z.string(), hour: z.iso.datetime().describe('when it begins, UTC') })),
});

export const salesReport = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>) =>
  route({
    method: 'get',
    path: '/reports/sales',
    summary: 'What each cafe sold in each hour: the orders that were delivered in it',
    query: z.strictObject({ ...timeRangeQuery, cafeId: z.string().min(1).max(64).optional() }),
    responses: { 200: { description: 'Sales of the hours that begin in the range', schema: report } },
    handle: async ({ query }) => {
      const { from, to } = timeRange(query, now());
      const sales = await reportSales(db, { from, to, cafeId: query.cafeId });
      return {
        status: 200,
        body: {
          from: from.toISOString(),
          to: to.toISOString(),
          totals: totals(sales),
          sales: sales.map(({ cafeId, hour, orders, amount, currency }) => ({
            cafeId,
            hour: hour.toISOString(),
            orders,
            total: { amount, currency },
          })),
        },
      };
    },
  });

function totals(sales: readonly Sales[]): z.infer<typeof sold>[] {
  const sum = (rows: readonly Sales[], of: 'orders' | 'amount') =>
    rows.reduce((total, row) => total + row[of], 0);
  return [...Map.groupBy(sales, ({ currency }) => currency)].map(([currency, rows]) => ({
    orders: sum(rows, 'orders'),
    total: { amount: sum(rows, 'amount'), currency },
  }));
}
