import type { Reader } from '@brew/kafka/reader';
import { transactOn } from '@brew/postgres';
import { type HttpProblem, problem } from '@brew/service';
import { isAt, type Position } from '../build/positions.ts';
import type { Projection } from '../projections/projection.ts';
import { type CodedGeneration, generationsIn, liveGenerations } from '../projector/fed.ts';
import { isLoss } from '../projector/shorterLogs.ts';
import { dropUnread } from '../store/dropUnread.ts';
import { beginAt, createGeneration } from '../store/generations.ts';
import type { ReplayContext, Session } from './catchUp.ts';
import { makePlan, type Plan } from './plan.ts';
import { earlierOf, placeOf, remadeFor, standOf, type TopicsNow, topicsNow } from './stand.ts';

/** How a replay begins. */
export type Beginning =
  /** Beside the live tables, from the beginning of the topics or from a time on. */
  | { how: 'beside'; from: Date | undefined }
  /** Beside the live tables, where an earlier one ended. */
  | { how: 'resume' }
  /** Beside the live tables as well; those are removed once others are live. */
  | { how: 'in place'; from: Date | undefined };

/** What a replay is going to do. */
export interface Planned {
  beginning: Beginning;
  projections: readonly Projection[];
  begin: readonly Position[];
  /** Of the topics that it begins in. */
  topicIds: ReadonlyMap<string, string>;
  plan: Plan;
}

/**
 * Where a replay would begin, with which projections, and what becomes of what is live. Changes nothing.
 * @throws HttpProblem 409 when it can't be resumed, or records are deleted that it was about to begin with
 */
export async function planReplay(
  context: ReplayContext,
  reader: Reader,
  chosen: readonly Projection[],
  beginning: Beginning,
): Promise<Planned> {
  const { db, topics } = context;
  const now = await topicsNow(reader, topics);
  const planOf = (options: Parameters<typeof makePlan>[1]) =>
    makePlan(context, options).catch((error) => {
      throw isLoss(error) ? recordsGone(error) : error;
    });
  if (beginning.how === 'resume') {
    const resumed = await unfinishedOf(context, chosen);
    const projections = resumed.map(({ code }) => code);
    const live = await liveGenerations(db, projections);
    await assertStillThere(context, resumed, now);
    const begin = resumed[0]?.positions ?? [];
    const options = { reader, now, projections, live, begin, resumed, replaces: false };
    return { beginning, projections, begin, topicIds: now.ids, plan: await planOf(options) };
  }
  const live = await liveGenerations(db, chosen);
  let begin: readonly Position[] = await reader.offsets(topics, beginning.from ?? 'earliest');
  // Never behind what is live: nobody would have read what lies between.
  for (const generation of live) begin = earlierOf(begin, await standOf(db, generation, now));
  const replaces = beginning.how === 'in place';
  const options = { reader, now, projections: chosen, live, begin, resumed: undefined, replaces };
  return { beginning, projections: chosen, begin, topicIds: now.ids, plan: await planOf(options) };
}

const recordsGone = ({ message }: Error) =>
  problem(
    409,
    'RECORDS_DELETED',
    `${message} That happened while the replay was planned. Nothing was changed: begin it again.`,
  );

/** Why not to go on with it before somebody agrees: something would be gone. Undefined: nothing would. */
export function refusalOf({ plan }: Pick<Planned, 'plan'>): HttpProblem | undefined {
  const gone = plan.projections.flatMap((source) => source.gone ?? []);
  if (gone.length === 0) return undefined;
  const detail = `${gone.join(' ')} Nothing was done: that has to be agreed to.`;
  return problem(409, 'REPLAY_LOSES', detail, { gone });
}

/**
 * Makes the tables, or finds those that were left.
 * @param session holds the replays' lock
 * @param keepsUnfinished whether what an earlier one left stays; otherwise it makes room
 * @throws HttpProblem 409 when somebody reads what is to make room
 */
export async function prepare(
  context: ReplayContext,
  session: Session,
  { beginning, projections, begin, topicIds, plan }: Planned,
  { keepsUnfinished }: { keepsUnfinished: boolean },
): Promise<CodedGeneration[]> {
  if (beginning.how === 'resume') return unfinishedOf(context, projections);
  if (!keepsUnfinished) {
    for (const unfinished of await generationsIn('building', session, projections))
      await dropUnread(
        context.db,
        unfinished,
        'An earlier replay has left it. Begin this one again after that.',
      );
  }
  return transactOn(session, async (tx) => {
    const generations: CodedGeneration[] = [];
    for (const code of projections) {
      const since = plan.projections.find(({ name }) => name === code.name)?.builtSince;
      const generation = await createGeneration(tx, code, since ? new Date(since) : null);
      await beginAt(tx, generation, begin, topicIds);
      generations.push({ ...generation, code, positions: [...begin] });
    }
    return generations;
  });
}

/** @throws HttpProblem when what they would read next was deleted, or the log that they have read is another one by now */
async function assertStillThere(
  { db }: ReplayContext,
  unfinished: readonly CodedGeneration[],
  now: TopicsNow,
): Promise<void> {
  for (const generation of unfinished) {
    const [remade, stand] = [await remadeFor(db, generation, now), await standOf(db, generation, now)];
    const lost = generation.positions.find((at) => remade.has(at.topic) || !isAt(stand, [at]));
    if (lost === undefined) continue;
    throw problem(
      409,
      'NOT_RESUMABLE',
      `${generation.schema} can't be gone on with: offset ${lost.offset} of ${placeOf(lost)}, which it would read next, is not there any more. Begin anew, without resuming.`,
    );
  }
}

/** @throws HttpProblem when there is nothing that was left unfinished, or it is not equally far */
async function unfinishedOf(
  { db }: ReplayContext,
  chosen: readonly Projection[],
): Promise<CodedGeneration[]> {
  const unfinished = (await generationsIn('building', db, chosen)).filter(
    ({ version, code }) => version === code.version,
  );
  const [first] = unfinished;
  if (first === undefined) {
    throw problem(
      409,
      'NOTHING_TO_RESUME',
      'There is no replay that was left unfinished. Begin one without resuming.',
    );
  }
  if (!unfinished.every(({ positions }) => isAt(positions, first.positions))) {
    const names = unfinished.map(({ projection }) => projection).join(', ');
    throw problem(
      409,
      'LEFT_APART',
      `Those that were left unfinished are not equally far. Resume them one by one: ${names}.`,
    );
  }
  return unfinished;
}
