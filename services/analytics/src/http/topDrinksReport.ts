import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { reportTopDrinks } from '../projections/topDrinks/reportTopDrinks.ts';

const drink = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int().describe('cups'),
  orders: z.int().describe('how many orders had it'),
});

export const topDrinksReport = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/reports/top-drinks',
    summary: 'The drinks most wanted since the beginning, counting every order that was placed',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(10) }),
    responses: {
      200: { description: 'Drinks, the most wanted first', schema: z.object({ drinks: z.array(drink) }) },
    },
    handle: async ({ query }) => ({ status: 200, body: { drinks: await reportTopDrinks(db, query.limit) } }),
  });
