import { problem, route } from '@brew/service';
import { z } from 'zod';
import type { ReplayContext } from '../replay/catchUp.ts';
import { dropUnread } from '../store/dropUnread.ts';
import { listGenerations } from '../store/generations.ts';
import { tryLock } from '../store/locks.ts';
import { chosenProjections, projectionNames } from './projectionNames.ts';

/** Removes what is not live: tables that were it before, and those of replays that were not finished. */
export const pruneGenerations = ({ db, projections }: ReplayContext) =>
  route({
    method: 'delete',
    path: '/generations',
    summary: 'Remove the tables that are not live',
    staff: true,
    body: z.strictObject({ projections: projectionNames }),
    responses: {
      200: { description: 'What was removed', schema: z.object({ schemas: z.array(z.string()) }) },
    },
    async handle({ body }) {
      const names = chosenProjections(projections, body.projections).map(({ name }) => name);
      const session = await db.connect();
      try {
        if (!(await tryLock(session, 'replay'))) {
          throw problem(409, 'REPLAY_UNDER_WAY', 'A replay is under way, and needs them. Wait for its end.');
        }
        const superfluous = (await listGenerations(db)).filter(
          ({ projection, state }) => state !== 'live' && names.includes(projection),
        );
        const schemas: string[] = [];
        for (const generation of superfluous) {
          const done =
            schemas.length > 0 ? `Removed before it: ${schemas.join(', ')}.` : 'Nothing was removed.';
          await dropUnread(db, generation, `${done} Prune again after that.`);
          schemas.push(generation.schema);
        }
        return { status: 200, body: { schemas } };
      } finally {
        await session.end();
      }
    },
  });
