import { createReader, type Reader } from '@brew/kafka/reader';
import { type HttpProblem, problem, type Worker, worker } from '@brew/service';
import type { Projection } from '../projections/projection.ts';
import { fedOf, liveGenerations } from '../projector/fed.ts';
import { assertNoneShorter } from '../projector/shorterLogs.ts';
import { beginAt } from '../store/generations.ts';
import { tryLock } from '../store/locks.ts';
import { REPLAY_STATEMENT_MS, type ReplayContext, type Session, startCatchUp } from './catchUp.ts';
import type { Comparison } from './compare.ts';
import { switchTo } from './finish.ts';
import { endsSince } from './plan.ts';
import { type Planned, planReplay } from './prepare.ts';
import { replay } from './replay.ts';
import { topicsNow } from './stand.ts';

const LOOK_MS = 5_000;

/**
 * Builds by itself what has to be: live tables that another version of the code has made, beside them, and those that are behind the
 * others, by reading on. Of several instances one does it. It loses nothing: where something would be gone, or what was built counts less
 * than what is live, it says so and waits for somebody who agrees to it.
 */
export function createMender(context: ReplayContext): Worker {
  const { db, projections, log } = context;
  /** Only those that are found at the start: two versions that run side by side would go on replacing each other's for ever. */
  let toLookAt: readonly Projection[] = projections;
  /** Of projections whose new version counts less than the live one, what. */
  const lessOf = new Map<string, string>();

  async function withLock(signal: AbortSignal, work: (session: Session) => Promise<void>): Promise<boolean> {
    const session = await db.connect({ statementMs: REPLAY_STATEMENT_MS, signal });
    try {
      const isFree = await tryLock(session, 'replay');
      if (isFree) await work(session);
      return isFree;
    } finally {
      await session.end();
    }
  }

  /** @returns why some are left, since something would be gone: somebody has to agree to that */
  async function rebuild(
    session: Session,
    outdated: readonly Projection[],
    signal: AbortSignal,
  ): Promise<HttpProblem | undefined> {
    await using reader = createReader({ client: context.client, log, signal });
    const plan = (chosen: readonly Projection[]) =>
      planReplay(context, reader, chosen, { how: 'beside', from: undefined });
    const all = await plan(outdated);
    const goneOf = new Map(all.plan.projections.map(({ name, gone }) => [name, gone]));
    const whyNot = ({ name }: Projection) => goneOf.get(name) ?? lessOf.get(name);
    const safe = outdated.filter((code) => !whyNot(code));
    const isSwitched =
      safe.length === 0 ||
      (await build(session, reader, safe.length === outdated.length ? all : await plan(safe), signal));
    const left = outdated.filter(whyNot);
    // Of several that were built together, one that counts less keeps all of them from becoming live: the others are built without it.
    toLookAt = isSwitched ? left : outdated;
    return left.length > 0 ? refusal(left, left.map(whyNot)) : undefined;
  }

  async function build(
    session: Session,
    reader: Reader,
    planned: Planned,
    signal: AbortSignal,
  ): Promise<boolean> {
    let isSwitched = false;
    for (const { name, live, builtSince } of planned.plan.projections) {
      const carried = builtSince && `the hours before ${builtSince} are carried over from ${live}`;
      log.info({ projection: name, live, builtSince, carried }, 'made by another version: building anew');
    }
    await replay(
      context,
      { session, reader },
      planned,
      { end: 'switch', acceptDifferences: 'unless less' },
      {
        ...{ onPlan() {}, onPrepared() {}, onProgress() {}, onHeld() {} },
        onDone({ outcome }) {
          isSwitched = outcome === 'switched';
        },
        onComparison(comparisons) {
          for (const comparison of comparisons) {
            const { projection, since, totals, different, less, examples } = comparison;
            const isSame = different === 0;
            log[isSame ? 'info' : 'warn'](
              { projection, since, totals, different, less, examples },
              isSame
                ? 'counts the same as what is live'
                : 'counts something else than what is live, which is kept as it was',
            );
            if (less > 0) lessOf.set(projection, inWords(comparison));
          }
        },
      },
      signal,
    );
    return isSwitched;
  }

  async function bringUp(session: Session, signal: AbortSignal): Promise<void> {
    await using reader = createReader({ client: context.client, log, signal });
    for (;;) {
      const live = await liveGenerations(db, projections);
      const fed = fedOf(live);
      const behind = live.find((one) => one.version === one.code.version && !fed.includes(one));
      if (behind === undefined) return;
      if (behind.positions.length === 0) {
        // A new one begins with what the topics hold.
        const { earliest, ids } = await topicsNow(reader, context.topics);
        await beginAt(db, behind, earliest, ids);
        continue;
      }
      log.info({ schema: behind.schema }, 'behind the others: bringing it up to them');
      const generations = [behind];
      await assertNoneShorter(db, reader, context.topics, generations);
      const catchUp = await startCatchUp(context, { generations, session, reader, signal });
      const ends = await endsSince(context, { reader, live, now: await topicsNow(reader, context.topics) });
      if (ends && fed.length > 0) {
        const schemas = fed.map(({ schema }) => schema);
        await catchUp.meet(fed, async (tx, isThere) => {
          if (isThere) await catchUp.leaveEnded(tx, schemas, ends);
        });
      }
      await catchUp.switchFromLive((tx) => switchTo(tx, context, generations));
    }
  }

  return worker({
    name: 'rebuilds',
    everyMs: LOOK_MS,
    mayTakeLong: true,
    async run(signal) {
      const live = await liveGenerations(db, projections);
      const isOutdated = ({ code, version }: (typeof live)[number]) =>
        code.version !== version && toLookAt.includes(code);
      const outdated = live.filter(isOutdated).map(({ code }) => code);
      let refusal: HttpProblem | undefined;
      if (outdated.length > 0) {
        const isFree = await withLock(signal, async (session) => {
          refusal = await rebuild(session, outdated, signal);
        });
        if (!isFree || refusal === undefined) return false;
      } else toLookAt = [];
      const fed = fedOf(live);
      const isBehind = live.some((one) => one.version === one.code.version && !fed.includes(one));
      if (isBehind) await withLock(signal, (session) => bringUp(session, signal));
      // Health says it, for as long as nobody has agreed.
      if (refusal) throw refusal;
      return false;
    },
  });
}

function inWords({ projection, by, since, totals, less }: Comparison): string {
  const numbers = (values: Record<string, number>) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  const built = `The new version of ${projection}, built from the topics${since ? ` since ${since}` : ''},`;
  return `${built} counts less than what is live in some hours of ${less} ${by}${less === 1 ? '' : 's'}, in all ${numbers(totals.rebuilt)} instead of ${numbers(totals.live)}.`;
}

function refusal(left: readonly Projection[], reasons: readonly (string | null | undefined)[]): HttpProblem {
  const chosen = left.map(({ name }) => `--projection ${name}`).join(' ');
  const detail = `${reasons.join(' ')} What is live was kept. Should it go all the same: npx brew replay analytics ${chosen} --yes`;
  return problem(409, 'REPLAY_LOSES', detail);
}
