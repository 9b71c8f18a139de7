import type { Addresses } from '../addresses.ts';
import { agreed } from '../agreed.ts';
import { confirm } from '../confirm.ts';
import { ArgumentInvalidError, RequestFailedError } from '../errors.ts';
import type { Io } from '../io.ts';
import { requestAsStaff } from '../request.ts';
import { readSse } from '../sse.ts';
import type { Comparison, Failure, Outcome, Plan, ReplayMessages, Source } from './messages.ts';
import { explainUncompared } from './renderReplay.ts';
import { createView } from './view.ts';

export interface ReplayCommandOptions {
  projection?: string[];
  /** Only what was published since. */
  from?: Date;
  until?: 'now';
  inPlace?: boolean;
  dryRun?: boolean;
  resume?: boolean;
  prune?: boolean;
  yes?: boolean;
  json?: boolean;
  verbose?: boolean;
}

type Server = Pick<Addresses, 'services'>;

/** Goes together with nothing else that says what to do. */
const alone: [keyof ReplayCommandOptions, (keyof ReplayCommandOptions)[]][] = [
  ['prune', ['from', 'until', 'inPlace', 'dryRun', 'resume']],
  ['resume', ['from', 'inPlace']],
  ['inPlace', ['until']],
];

/**
 * Has the reports' tables built anew.
 * @returns whether they are live, or whatever else was asked for was done
 * @throws ArgumentInvalidError, RequestFailedError
 */
export async function replay(
  options: ReplayCommandOptions,
  addresses: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  for (const [one, others] of alone) {
    const other = others.find((name) => options[name] !== undefined);
    if (options[one] && other) {
      throw new ArgumentInvalidError(
        `${flag(one)} and ${flag(other)} don't go together.`,
        'Leave one of them out.',
      );
    }
  }
  if (options.prune) return prune(options, addresses, io, signal);
  const how = options.resume ? 'resume' : options.inPlace ? 'in place' : 'beside';
  const end = options.dryRun ? 'plan' : options.until === 'now' ? 'now' : 'switch';
  const agreed = options.yes === true;
  const body = { how, end, from: options.from?.toISOString(), acceptDifferences: agreed, acceptLoss: agreed };
  const outcome = await run(body, options, addresses, io, signal).catch(async (error: unknown) => {
    if (!losesSomething(error)) throw error;
    const isAgreed = !options.json && (await confirm(`${error.message} Do it all the same?`));
    if (!isAgreed) throw new RequestFailedError(`${error.message} Agree with --yes.`, error, error.status);
    return run({ ...body, acceptLoss: true }, options, addresses, io, signal);
  });
  if (outcome?.outcome !== 'different') return outcome !== undefined;
  if (options.json || !(await confirm('Switch all the same?'))) return false;
  const again = { how: 'resume', end: 'switch', acceptDifferences: true, acceptLoss: true };
  return (await run(again, options, addresses, io, signal)) !== undefined;
}

/** @returns whether the live tables are what a rebuild makes; not when there was nothing to compare */
export async function check(
  options: Pick<ReplayCommandOptions, 'projection' | 'json' | 'verbose'>,
  addresses: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  let projections: Source[] = [];
  let comparisons: Comparison[] = [];
  const outcome = await run({ how: 'beside', end: 'check' }, options, addresses, io, signal, {
    onPlan: (plan) => {
      projections = plan.projections;
    },
    onComparison: (found) => {
      comparisons = found;
    },
  });
  if (outcome === undefined) return false;
  const uncompared = explainUncompared(projections, comparisons);
  for (const sentence of uncompared) io.note(sentence);
  return uncompared.length === 0 && comparisons.every(({ different }) => different === 0);
}

interface Listener {
  onPlan?(plan: Plan): void;
  onComparison?(comparisons: Comparison[]): void;
}

/** @returns undefined when it was cancelled */
async function run(
  body: Record<string, unknown>,
  options: Pick<ReplayCommandOptions, 'projection' | 'json' | 'verbose'>,
  addresses: Server,
  io: Io,
  signal: AbortSignal,
  { onPlan, onComparison }: Listener = {},
): Promise<Outcome | undefined> {
  const view = await createView(io, options);
  let begun = false;
  const failure = (why: string, next: Failure['next'] = begun ? 'resume' : null) =>
    `${why} ${UNTOUCHED}${next === null || body.end === 'check' ? '' : ADVICE[next]}`;
  try {
    const response = await ask(
      'POST',
      '/replays',
      { ...body, projections: options.projection },
      addresses,
      signal,
    );
    for await (const { event, data } of readSse(response.body)) {
      const message = JSON.parse(data);
      if (event === 'failed') throw new RequestFailedError(failure(message.message, message.next));
      begun ||= event === 'plan';
      if (event === 'plan') onPlan?.(message);
      if (event === 'comparison') onComparison?.(message.comparisons);
      await view.show(event as keyof ReplayMessages, message);
      if (event === 'done') return message;
    }
    throw new RequestFailedError(failure('The service went away.'));
  } catch (error) {
    if (signal.aborted) {
      view.close();
      io.note(failure('Cancelled.'));
      return undefined;
    }
    if (error instanceof RequestFailedError) throw error;
    throw new RequestFailedError(failure('The service went away.'), error);
  } finally {
    view.close();
  }
}

/** The service does not begin before somebody has agreed to what will be gone. */
const losesSomething = (error: unknown): error is RequestFailedError =>
  error instanceof RequestFailedError && error.problemCode === 'REPLAY_LOSES';

const UNTOUCHED = 'The live tables are as they were.';

const ADVICE = {
  resume: ' Go on with: npx brew replay analytics --resume',
  anew: ' Begin anew with: npx brew replay analytics',
};

interface Generations {
  generations: { projection: string; state: string; schema: string }[];
}

async function prune(
  { projection, yes, json }: ReplayCommandOptions,
  addresses: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const listed = await ask('GET', '/generations', undefined, addresses, signal);
  const superfluous = ((await listed.json()) as Generations).generations
    .filter(({ state, ...its }) => state !== 'live' && (projection?.includes(its.projection) ?? true))
    .map(({ schema }) => schema)
    .join(', ');
  if (superfluous === '') {
    await io.out('There is nothing but what is live.');
    return true;
  }
  const question = json ? undefined : `Remove ${superfluous}, for good?`;
  const advice = `Add --yes to remove ${superfluous}.`;
  if (!(await agreed({ yes, question, advice, nothing: 'Nothing was removed.' }, io))) return false;
  const response = await ask('DELETE', '/generations', { projections: projection }, addresses, signal);
  const { schemas } = (await response.json()) as { schemas: string[] };
  await io.out(`✔ Removed ${schemas.join(', ')}.`);
  return true;
}

const ask = (
  method: string,
  path: string,
  body: object | undefined,
  { services }: Server,
  signal: AbortSignal,
): Promise<Response> =>
  requestAsStaff(`${services.analytics}${path}`, { method, ...(body && { body }), signal });

const flag = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
