import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { reportTopDrinks } from '../projections/topDrinks/reportTopDrinks.ts';
import { longRangeQuery, timeRange } from './timeRange.ts';

const drink = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int().describe('cups'),
  orders: z.int().describe('how many orders had it'),
});

const report = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  drinks: z.array(drink).describe('the most wanted first'),
});

export const topDrinksReport = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>) =>
  route({
    method: 'get',
    path: '/reports/top-drinks',
    summary:
      'The drinks most wanted in a time range of up to 31 days, counting every order that was placed: the last 31 days, unless said',
    query: z.strictObject({
      ...longRangeQuery,
      limit: z.coerce.number().int().min(1).max(100).default(10),
    }),
    responses: {
      200: {
        description: 'Drinks of the orders placed in the hours that begin in the range',
        schema: report,
      },
    },
    handle: async ({ query }) => {
      const { from, to } = timeRange(query, now(), { unsaid: 31 });
      const drinks = await reportTopDrinks(db, { from, to, limit: query.limit });
      return { status: 200, body: { from: from.toISOString(), to: to.toISOString(), drinks } };
    },
  });
