import {
  keysOfLetters,
  letIdleKeysGo,
  lockKeys,
  lockWaiting,
  resolveLetters,
  type TopicKey,
  type WaitingLetter,
  waitingOfKeys,
} from '@brew/postgres';
import { z } from 'zod';
import { type Route, route } from '../http/route.ts';
import { createActionLog } from './actionLog.ts';
import { catchUp, type LetterContext } from './context.ts';
import { describeLetter } from './describeLetter.ts';
import type { Turns } from './oneAtATime.ts';
import { orUnavailable } from './outages.ts';
import { actionFields, isOneSelection, letter, letterId, ONE_SELECTION, skipped, why } from './schemas.ts';
import { selectLetters } from './selectLetters.ts';

/** POST /dead-letters/discard: letters are given up, and their keys go on without them. */
export const discardLetters = (context: LetterContext, inTurn: Turns): Route =>
  route({
    method: 'post',
    path: '/dead-letters/discard',
    summary: 'Give dead letters up, for a reason',
    staff: true,
    body: z.strictObject({ ...actionFields, why }).refine(isOneSelection, ONE_SELECTION),
    responses: {
      200: {
        description: 'What came of it, or with dryRun what would be discarded',
        schema: z.strictObject({
          action: z.uuid().nullable(),
          discarded: z.int(),
          skipped,
          keysLetGo: z.int(),
          stillWaiting: z
            .array(z.string())
            .describe('of each of their keys that stays parked the first letter that waits'),
          next: letterId.nullable(),
          letters: z.array(letter).optional(),
        }),
      },
      404: { description: 'There is no such letter' },
    },
    handle: ({ body, signal }) =>
      orUnavailable(signal, () =>
        inTurn(async () => {
          const { db, group, chunks } = context;
          await catchUp(context);
          const { letters, done, next } = await selectLetters(db, body);
          if (body.dryRun) {
            const describing = { group, canRedrive: chunks !== undefined };
            const shown = letters.map((each) => describeLetter(each, describing));
            const nothing = { action: null, discarded: 0, skipped: done, keysLetGo: 0, stillWaiting: [] };
            return { status: 200 as const, body: { ...nothing, next, letters: shown } };
          }
          const action = createActionLog('discard', body);
          const ids = letters.map(({ id }) => id);
          const outcome = await context.db.transaction(async (tx) => {
            await tx.query(`set local lock_timeout = '10s'`);
            const keys = context.parksKeys ? await keysOfLetters(tx, ids) : [];
            let free: TopicKey[] = [];
            if (keys.length > 0) {
              free = await lockKeys(tx, keys);
              // What was parked of these keys has to be known before one of them is let go.
              await catchUp(context);
            }
            const waiting = [...(await lockWaiting(tx, ids, { inOrder: false }))];
            await resolveLetters(tx, waiting, 'discarded', action.id);
            const keysLetGo = keys.length > 0 ? await letIdleKeysGo(tx, keys, free) : 0;
            await action.keep(tx, { discarded: waiting.length, skipped: done.length });
            const others = keys.length > 0 ? await waitingOfKeys(tx, ids) : [];
            return { discarded: waiting.length, keysLetGo, stillWaiting: firstOfEach(others) };
          });
          return { status: 200 as const, body: { action: action.id, ...outcome, skipped: done, next } };
        }),
      ),
  });

/** @param letters key by key, each key's in their order */
function firstOfEach(letters: readonly WaitingLetter[]): string[] {
  const keys = Map.groupBy(letters, ({ topic, keyHash }) => `${topic}/${keyHash?.toString('hex')}`);
  return [...keys.values()].flatMap(([first]) => first?.id ?? []);
}
