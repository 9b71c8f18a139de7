import { createReader } from '@brew/kafka/reader';
import { type Worker, worker } from '@brew/service';
import type { Projection } from '../projections/projection.ts';
import { fedOf, liveGenerations } from '../projector/fed.ts';
import { tryLock } from '../store/locks.ts';
import { REPLAY_STATEMENT_MS, type ReplayContext, type Session, startCatchUp } from './catchUp.ts';
import { switchTo } from './finish.ts';
import { replay } from './replay.ts';

const LOOK_MS = 5_000;

/**
 * Builds by itself what has to be: live tables that another version of the code has made, beside them, and those that are behind the
 * others, in place. Of several instances one does it.
 */
export function createMender(context: ReplayContext): Worker {
  const { db, projections, log } = context;
  /** Only those that are found at the start: two versions that run side by side would go on replacing each other's for ever. */
  let toLookAt: readonly Projection[] = projections;

  async function withLock(work: (session: Session) => Promise<void>): Promise<boolean> {
    const session = await db.connect({ statementMs: REPLAY_STATEMENT_MS });
    try {
      const isFree = await tryLock(session, 'replay');
      if (isFree) await work(session);
      return isFree;
    } finally {
      await session.end();
    }
  }

  async function rebuild(
    session: Session,
    outdated: readonly Projection[],
    signal: AbortSignal,
  ): Promise<void> {
    log.info({ projections: outdated.map(({ name }) => name) }, 'made by another version: building anew');
    const silent = { onPlan() {}, onProgress() {}, onCheck() {}, onDone() {} };
    await replay(
      context,
      session,
      {
        projections: outdated,
        beginning: { how: 'beside', from: undefined },
        end: 'switch',
        acceptDifferences: true,
      },
      {
        ...silent,
        onComparison(comparisons) {
          for (const { projection, totals, different } of comparisons) {
            log.info({ projection, totals, different }, 'compared with what is live');
          }
        },
      },
      signal,
    );
  }

  async function bringUp(session: Session, signal: AbortSignal): Promise<void> {
    await using reader = createReader({ client: context.client, log });
    for (;;) {
      const live = await liveGenerations(db, projections);
      const fed = fedOf(live);
      const behind = live.find((one) => one.version === one.code.version && !fed.includes(one));
      if (behind === undefined) return;
      log.info({ schema: behind.schema }, 'behind the others: bringing it up to them');
      const generations = [behind];
      const catchUp = await startCatchUp(context, { generations, session, reader, signal });
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
      if (outdated.length > 0) {
        if (await withLock((session) => rebuild(session, outdated, signal))) toLookAt = [];
        return false;
      }
      toLookAt = [];
      const fed = fedOf(live);
      const isBehind = live.some((one) => one.version === one.code.version && !fed.includes(one));
      if (isBehind) await withLock((session) => bringUp(session, signal));
      return false;
    },
  });
}
