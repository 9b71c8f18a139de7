import { route } from '@brew/service';
import { z } from 'zod';
import type { ReplayContext } from '../replay/catchUp.ts';
import { listGenerations as find } from '../store/generations.ts';

const generation = z.object({
  projection: z.string(),
  number: z.int(),
  version: z.int().describe('of the projection'),
  state: z.enum(['building', 'live', 'old']),
  schema: z.string().describe('where its tables are'),
  beganAt: z.iso.datetime(),
  builtSince: z.iso
    .datetime()
    .nullable()
    .describe('the first hour built from the topics: those before were carried over; null: all were built'),
});

export const listGenerations = ({ db }: Pick<ReplayContext, 'db'>) =>
  route({
    method: 'get',
    path: '/generations',
    summary: 'The tables that there are of each projection',
    responses: {
      200: { description: 'The oldest first', schema: z.object({ generations: z.array(generation) }) },
    },
    handle: async () => ({
      status: 200,
      body: {
        generations: (await find(db)).map(({ behind: _, whole, hoursSince, columns, ...rest }) => rest),
      },
    }),
  });
