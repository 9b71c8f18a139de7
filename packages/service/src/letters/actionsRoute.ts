import { listActions } from '@brew/postgres';
import { z } from 'zod';
import { type Route, route } from '../http/route.ts';
import type { LetterContext } from './context.ts';
import { time } from './schemas.ts';

/** GET /dead-letters/actions: who has done what, the latest first. */
export const listLetterActions = ({ db }: LetterContext): Route =>
  route({
    method: 'get',
    path: '/dead-letters/actions',
    summary: 'Who has redriven and discarded what, when and why',
    staff: true,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      before: z.uuid().optional().describe('what the page before gave as next'),
    }),
    responses: {
      200: {
        description: 'The latest first; next is what to ask before',
        schema: z.strictObject({
          actions: z.array(
            z.strictObject({
              id: z.uuid(),
              at: time,
              by: z.string(),
              action: z.enum(['redrive', 'discard']),
              why: z.string().nullable(),
              selection: z.unknown(),
              redriven: z.int(),
              alreadyDone: z.int(),
              failed: z.int(),
              skipped: z.int(),
              discarded: z.int(),
            }),
          ),
          next: z.uuid().nullable(),
        }),
      },
    },
    async handle({ query: { limit, before } }) {
      const found = await listActions(db, { limit: limit + 1, before });
      const page = found.slice(0, limit);
      return {
        status: 200,
        body: { actions: page, next: found.length > limit ? (page.at(-1)?.id ?? null) : null },
      };
    },
  });
