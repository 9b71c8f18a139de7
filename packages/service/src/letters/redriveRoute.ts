import { listLetters, waitingOfKeys } from '@brew/postgres';
import { z } from 'zod';
import { problem } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import { createActionLog } from './actionLog.ts';
import { catchUp, type LetterContext } from './context.ts';
import { describeLetter } from './describeLetter.ts';
import type { Turns } from './oneAtATime.ts';
import { orUnavailable } from './outages.ts';
import { type Plan, planRedrive } from './planRedrive.ts';
import { type RedriveOutcome, redrive } from './redrive.ts';
import { actionFields, isOneSelection, letter, letterId, ONE_SELECTION, skipped, why } from './schemas.ts';
import { selectLetters } from './selectLetters.ts';

/** POST /dead-letters/redrive: the group handles letters, as if they came from their topics now. */
export const redriveLetters = (context: LetterContext, inTurn: Turns): Route =>
  route({
    method: 'post',
    path: '/dead-letters/redrive',
    summary: 'Have dead letters handled again, each key in its order',
    staff: true,
    body: z.strictObject({ ...actionFields, why: why.optional() }).refine(isOneSelection, ONE_SELECTION),
    responses: {
      200: {
        description: 'What came of it, or with dryRun what would go',
        schema: z.strictObject({
          action: z.uuid().nullable(),
          redriven: z.int(),
          alreadyDone: z.int(),
          failed: z.array(z.strictObject({ id: letterId, error: z.string() })),
          skipped,
          keysLetGo: z.int(),
          next: letterId.nullable(),
          letters: z.array(letter).optional(),
        }),
      },
      404: { description: 'There is no such letter' },
      409: { description: 'It can not be redriven, or not by this service' },
    },
    handle: ({ body, signal }) =>
      orUnavailable(signal, () =>
        inTurn(async () => {
          const { chunks, db, insteadOfRedrive, parksKeys } = context;
          if (!chunks) {
            const what = 'This service has no handlers that a redrive could run.';
            throw problem(409, 'NO_REDRIVE', `${what} ${insteadOfRedrive}`);
          }
          await catchUp(context);
          const { letters, done, next } = await selectLetters(db, body);
          const asked = letters.map(({ id }) => id);
          const plan = planRedrive({
            asked,
            waiting: asked.length > 0 ? await waitingOfKeys(db, asked) : [],
            byId: body.ids !== undefined,
            parksKeys,
          });
          refuseAlone(body.ids, plan);
          plan.skipped.unshift(...done);
          if (body.dryRun) return { status: 200 as const, body: await preview(context, plan, next) };

          const action = createActionLog('redrive', body);
          await action.keep(db, { skipped: plan.skipped.length });
          const outcome = await redrive(plan.going, new Set(asked), { context, chunks, action, signal });
          if (outcome.skipped.length > 0) await action.keep(db, { skipped: outcome.skipped.length });
          return {
            status: 200 as const,
            body: {
              action: action.id,
              ...outcome,
              skipped: [...plan.skipped, ...outcome.skipped],
              next,
            },
          };
        }),
      ),
  });

/** Who asks for one letter is told by the status why it does not go. */
function refuseAlone(ids: readonly string[] | undefined, { skipped }: Plan): void {
  const [refused] = skipped;
  if (ids?.length === 1 && refused)
    throw problem(409, 'NOT_REDRIVABLE', `Letter ${refused.id} ${refused.why}.`);
}

async function preview(context: LetterContext, { going, skipped }: Plan, next: string | null) {
  const ids = going.map(({ id }) => id);
  const letters = ids.length > 0 ? await listLetters(context.db, { filter: { ids }, limit: ids.length }) : [];
  const byId = new Map(letters.map((each) => [each.id, each]));
  const nothing: RedriveOutcome = { redriven: 0, alreadyDone: 0, failed: [], skipped, keysLetGo: 0 };
  return {
    action: null,
    ...nothing,
    next,
    letters: ids
      .flatMap((id) => byId.get(id) ?? [])
      .map((each) => describeLetter(each, { group: context.group, canRedrive: true })),
  };
}
