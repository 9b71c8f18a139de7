import { jsonPortions, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { type Period, type Sales, salesInPortions } from '../projections/sales/reportSales.ts';
import { timeRange, timeRangeQuery } from './timeRange.ts';

/** A year of days has about as many rows as two weeks of hours. */
const longest = {
  hour: { most: 31, more: 'for sums by day, with by=day' },
  day: { most: 366 },
};

const sold = z.object({
  orders: z.int(),
  total: z.object({ amount: z.int().describe('minor units'), currency: z.string() }),
});

const report = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  by: z.enum(['hour', 'day']),
  sales: z.array(
    sold.extend({
      cafeId: z.string(),
      hour: z.iso.datetime().optional().describe('by=hour: when it begins, UTC'),
      day: z.iso.date().optional().describe('by=day: in UTC'),
    }),
  ),
  totals: z.array(sold).describe('of the whole range, one for each currency'),
});

export const salesReport = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>) =>
  route({
    method: 'get',
    path: '/reports/sales',
    summary:
      'What each cafe sold in each hour, up to 31 days of it, or in each day, up to 366: the orders that were delivered in it',
    query: z.strictObject({
      ...timeRangeQuery,
      by: z.enum(['hour', 'day']).default('hour'),
      cafeId: z.string().min(1).max(64).optional(),
    }),
    responses: { 200: { description: 'Sales of the hours that begin in the range', schema: report } },
    handle: async ({ query }) => {
      const { by, cafeId } = query;
      const { from, to } = timeRange(query, now(), longest[by]);
      const totals: Totals = new Map();
      const sales = salesInPortions(db, { from, to, by, cafeId });
      const head = { from, to, by };
      return {
        json: jsonPortions(head, 'sales', counted(sales, by, totals), () => ({ totals: listed(totals) })),
      };
    },
  });

type Totals = Map<string, { orders: number; amount: number }>;

/** Rows as they are sent; what they add up to is in `totals` when they have been. */
async function* counted(portions: AsyncIterable<Sales[]>, by: Period, totals: Totals) {
  for await (const sales of portions) {
    for (const { currency, orders, amount } of sales) {
      const total = totals.get(currency) ?? { orders: 0, amount: 0 };
      totals.set(currency, { orders: total.orders + orders, amount: total.amount + amount });
    }
    yield sales.map(({ cafeId, begins, orders, amount, currency }) => ({
      cafeId,
      ...(by === 'day' ? { day: begins.toISOString().slice(0, 10) } : { hour: begins }),
      orders,
      total: { amount, currency },
    }));
  }
}

const listed = (totals: Totals): z.infer<typeof sold>[] =>
  [...totals].map(([currency, { orders, amount }]) => ({ orders, total: { amount, currency } }));
