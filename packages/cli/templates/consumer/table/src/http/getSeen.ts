import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { summary } from '../store/seen.ts';

const line = z.object({
  event: z.string(),
  keys: z.int().describe('how many orders, or items of the menu, have had it'),
  lastAt: z.iso.datetime().describe('when it happened last'),
});

export const getSeen = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/seen',
    summary: 'Which events there were, and of how many keys',
    query: z.strictObject({ key: z.string().min(1).max(64).optional().describe('of this one alone') }),
    responses: {
      200: { description: 'A line for each type of event', schema: z.object({ seen: z.array(line) }) },
    },
    handle: async ({ query: { key } }) => ({ status: 200, body: { seen: await summary(db, key) } }),
  });
