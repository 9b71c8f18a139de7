import { createReader, type Reader } from '@brew/kafka/reader';
import { problem, route } from '@brew/service';
import { z } from 'zod';
import { REPLAY_STATEMENT_MS, type ReplayContext, type Session } from '../replay/catchUp.ts';
import { createMessages, type Messages } from '../replay/messages.ts';
import { type Beginning, type Planned, planReplay, refusalOf } from '../replay/prepare.ts';
import { nextAfter, type ReadPartition, type ReplayOptions, reasonOf, replay } from '../replay/replay.ts';
import { tryLock } from '../store/locks.ts';
import { chosenProjections, projectionNames } from './projectionNames.ts';

const body = z.strictObject({
  projections: projectionNames,
  how: z
    .enum(['beside', 'resume', 'in place'])
    .default('beside')
    .describe(
      'beside the live tables, where an unfinished one ended, or in the place of the live tables, which are removed at the end',
    ),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'only the hours since; those before are carried over from what is live. The beginning of the topics when left out',
    ),
  end: z
    .enum(['plan', 'now', 'check', 'switch'])
    .default('switch')
    .describe('say what would be done; build and keep; compare, and remove what was built; make it live'),
  acceptDifferences: z
    .boolean()
    .default(false)
    .describe('make it live also when it counts something else than what is live'),
  acceptLoss: z
    .boolean()
    .default(false)
    .describe(
      'go on also when something of what is live will be gone for good; without it that is refused, 409, and named',
    ),
});

/** How often progress is told, at most. */
const PROGRESS_MS = 200;

/**
 * The stream has the events `plan`, `progress`, `comparison`, `held` while others keep it from switching, and ends with `done` or `failed`. Hanging up cancels the replay:
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
    async handle({ body: { projections, how, from, end, ...accepted }, signal, log }) {
      const since = from === undefined ? undefined : new Date(from);
      if (how === 'resume' && since) {
        throw problem(
          422,
          'FROM_IS_FIXED',
          'A replay that is resumed goes on where it ended. Leave out "from".',
        );
      }
      if (how === 'in place' && (end === 'now' || end === 'check')) {
        throw problem(
          422,
          'END_NOT_POSSIBLE',
          'What takes the place of the live tables becomes live. Build it beside them instead.',
        );
      }
      const beginning: Beginning = how === 'resume' ? { how } : { how, from: since };
      const chosen = chosenProjections(context.projections, projections);
      const own = { ...context, log };
      const means = await openMeans(own, signal);
      try {
        const planned = await planReplay(own, means.reader, chosen, beginning);
        const refusal = end === 'switch' && !accepted.acceptLoss ? refusalOf(planned) : undefined;
        if (refusal) throw refusal;
        const messages = createMessages();
        const options = { end, acceptDifferences: accepted.acceptDifferences };
        void run(own, means, planned, options, messages, signal);
        return { stream: messages };
      } catch (error) {
        await means.close();
        throw error;
      }
    },
  });

/** What a replay holds as long as it takes. */
interface Means {
  session: Session;
  reader: Reader;
  close(): Promise<void>;
}

/** @throws HttpProblem 409 when another replay is under way */
async function openMeans({ db, client, log }: ReplayContext, signal: AbortSignal): Promise<Means> {
  const session = await db.connect({ statementMs: REPLAY_STATEMENT_MS, signal });
  if (await tryLock(session, 'replay')) {
    const reader = createReader({ client, log, signal });
    return { session, reader, close: async () => void (await Promise.all([session.end(), reader.close()])) };
  }
  await session.end();
  throw problem(409, 'REPLAY_UNDER_WAY', 'Another replay is under way. Wait for its end, or cancel it.');
}

async function run(
  context: ReplayContext,
  means: Means,
  planned: Planned,
  options: ReplayOptions,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  let toldAt = 0;
  let isPrepared = planned.beginning.how === 'resume';
  const tellProgress = (partitions: readonly ReadPartition[]) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    messages.send('progress', { partitions });
  };
  try {
    const listener = {
      onPlan: (plan: unknown) => messages.send('plan', plan),
      onPrepared: () => {
        isPrepared = true;
      },
      onProgress: tellProgress,
      onComparison: (comparisons: unknown) => messages.send('comparison', { comparisons }),
      onHeld: (sessions: unknown) => messages.send('held', { sessions }),
      onDone: (outcome: unknown) => messages.send('done', outcome),
    };
    await replay(context, means, planned, options, listener, signal);
  } catch (error) {
    if (signal.aborted) context.log.info('the replay was cancelled: live tables are as they were');
    else context.log.error({ err: error }, 'the replay failed');
    messages.send('failed', { message: reasonOf(error), next: nextAfter(error, isPrepared) });
  } finally {
    await means.close();
    messages.end();
  }
}
