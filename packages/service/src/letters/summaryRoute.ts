import { summarizeLetters } from '@brew/postgres';
import { z } from 'zod';
import { type Route, route } from '../http/route.ts';
import { type LetterContext, tryToCatchUp } from './context.ts';
import { asOf, time } from './schemas.ts';

/** GET /dead-letters/summary: how much there is. */
export const summarizeDeadLetters = (context: LetterContext): Route =>
  route({
    method: 'get',
    path: '/dead-letters/summary',
    summary: 'How many dead letters and parked keys there are',
    staff: true,
    responses: {
      200: {
        description: 'What waits',
        schema: z.strictObject({
          group: z.string(),
          waiting: z.int(),
          byReason: z.record(z.string(), z.int()),
          parkedKeys: z.int(),
          oldestAt: time.nullable(),
          givenUp: z.int().describe('those that have failed five redrives: only their ids make them go'),
          asOf,
          canRedrive: z.boolean(),
          /** What to do where they can't be redriven. */
          instead: z.string().optional(),
        }),
      },
    },
    async handle() {
      const { db, group, chunks, insteadOfRedrive, letterIndex } = context;
      await tryToCatchUp(context);
      const short = await summarizeLetters(db);
      return {
        status: 200,
        body: {
          group,
          ...short,
          asOf: letterIndex.asOf ?? null,
          canRedrive: chunks !== undefined,
          ...(!chunks && { instead: insteadOfRedrive }),
        },
      };
    },
  });
