import { problem, route } from '@brew/service';
import { z } from 'zod';
import { REPLAY_STATEMENT_MS, type ReplayContext, type Session } from '../replay/catchUp.ts';
import { createMessages, type Messages } from '../replay/messages.ts';
import type { Beginning } from '../replay/prepare.ts';
import { type ReadPartition, type ReplayOptions, reasonOf, replay } from '../replay/replay.ts';
import { tryLock } from '../store/locks.ts';
import { chosenProjections, projectionNames } from './projectionNames.ts';

const body = z.strictObject({
  projections: projectionNames,
  how: z
    .enum(['beside', 'resume', 'in place'])
    .default('beside')
    .describe('beside the live tables, where an unfinished one ended, or in the live tables, emptied first'),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('only what was published since; the beginning of the topics when left out'),
  end: z
    .enum(['plan', 'now', 'check', 'switch'])
    .default('switch')
    .describe('say what would be done; build and keep; compare, and remove what was built; make it live'),
  acceptDifferences: z
    .boolean()
    .default(false)
    .describe('make it live also when it counts something else than what is live'),
});

/** How often progress is told, at most. */
const PROGRESS_MS = 200;

/**
 * The stream has the events `plan`, `progress`, `comparison` or `check`, and ends with `done` or `failed`. Hanging up cancels the replay:
 * live tables stay as they were, and what was built is there to be resumed.
 */
export const startReplay = (context: ReplayContext) =>
  route({
    method: 'post',
    path: '/replays',
    summary: 'Build the tables of reports anew from the topics',
    staff: true,
    body,
    responses: { 200: { description: 'How it goes on, until it ends', contentType: 'text/event-stream' } },
    async handle({ body: { projections, how, from, end, acceptDifferences }, signal, log }) {
      const since = from === undefined ? undefined : new Date(from);
      if (how === 'resume' && since) {
        throw problem(
          422,
          'FROM_IS_FIXED',
          'A replay that is resumed goes on where it ended. Leave out "from".',
        );
      }
      if (how === 'in place' && (end === 'now' || end === 'check')) {
        throw problem(422, 'END_NOT_POSSIBLE', 'In place, what is built is live. Build it beside instead.');
      }
      const beginning: Beginning = how === 'resume' ? { how } : { how, from: since };
      const chosen = chosenProjections(context.projections, projections);
      const session = await openSession(context);
      const messages = createMessages();
      const options = { projections: chosen, beginning, end, acceptDifferences };
      void run({ ...context, log }, session, options, messages, signal);
      return { stream: messages };
    },
  });

/** @throws HttpProblem 409 when another replay is under way */
async function openSession({ db }: ReplayContext): Promise<Session> {
  const session = await db.connect({ statementMs: REPLAY_STATEMENT_MS });
  if (await tryLock(session, 'replay')) return session;
  await session.end();
  throw problem(409, 'REPLAY_UNDER_WAY', 'Another replay is under way. Wait for its end, or cancel it.');
}

async function run(
  context: ReplayContext,
  session: Session,
  options: ReplayOptions,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  let toldAt = 0;
  const tellProgress = (partitions: readonly ReadPartition[]) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    messages.send('progress', { partitions });
  };
  try {
    const listener = {
      onPlan: (plan: unknown) => messages.send('plan', plan),
      onProgress: tellProgress,
      onComparison: (comparisons: unknown) => messages.send('comparison', { comparisons }),
      onCheck: (tables: unknown) => messages.send('check', { tables }),
      onDone: (outcome: unknown) => messages.send('done', outcome),
    };
    await replay(context, session, options, listener, signal);
  } catch (error) {
    if (signal.aborted) context.log.info('the replay was cancelled: live tables are as they were');
    else context.log.error({ err: error }, 'the replay failed');
    messages.send('failed', { message: reasonOf(error) });
  } finally {
    await session.end();
    messages.end();
  }
}
