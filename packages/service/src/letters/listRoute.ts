import { listLetters } from '@brew/postgres';
import { z } from 'zod';
import { type Route, route } from '../http/route.ts';
import { type LetterContext, tryToCatchUp } from './context.ts';
import { describeLetter } from './describeLetter.ts';
import { asOf, filterFields, letter, letterId } from './schemas.ts';
import { toLetterFilter } from './selectLetters.ts';

/** GET /dead-letters: a page of them, the oldest first. */
export const listDeadLetters = (context: LetterContext): Route =>
  route({
    method: 'get',
    path: '/dead-letters',
    summary: 'The dead letters of this service, the oldest first',
    staff: true,
    query: z.strictObject({
      status: z.enum(['waiting', 'redriven', 'discarded', 'all']).default('waiting'),
      ...filterFields,
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      after: letterId.optional().describe('what the page before gave as next'),
    }),
    responses: {
      200: {
        description: 'A page; next is what to ask behind',
        schema: z.strictObject({
          group: z.string(),
          letters: z.array(letter),
          next: letterId.nullable(),
          asOf,
        }),
      },
    },
    async handle({ query: { status, limit, after, ...filter } }) {
      const { db, group, chunks, letterIndex } = context;
      await tryToCatchUp(context);
      const found = await listLetters(db, {
        status: status === 'all' ? undefined : status,
        filter: toLetterFilter(filter),
        after,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      return {
        status: 200,
        body: {
          group,
          letters: page.map((each) => describeLetter(each, { group, canRedrive: chunks !== undefined })),
          next: found.length > limit ? (page.at(-1)?.id ?? null) : null,
          asOf: letterIndex.asOf ?? null,
        },
      };
    },
  });
