import { BrewError } from '@brew/events';
import { delay } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import type { Session } from '@brew/postgres';
import {
  createOutageLog,
  GivesWayError,
  gauge,
  giveWayWhenSilent,
  type Part,
  type ServiceContext,
  STAND_BACK_MS,
  toldSilence,
} from '@brew/service';
import { listGenerations } from '../store/generations.ts';
import { lastSwitch, waitForLock } from '../store/locks.ts';
import { createFeed, type FeedOptions } from './feed.ts';
import { createProgress } from './progress.ts';
import { isLoss, tellLoss } from './shorterLogs.ts';
import { giveWayToOthers, standForElection, untilOthersCome } from './turns.ts';

/** A page of orders at hand is some megabytes, and PostgreSQL may be busy with a rebuild. */
const STATEMENT_MS = 30_000;

/** How often Kafka is asked where topics end. */
const ASK_MS = 5_000;

/**
 * Reads events into the live tables, as they come. One instance does; the others stand by, and one of them takes over when it is gone,
 * frozen or cut off. One that can't reach Kafka lets another one try, and one that can't read all that is live, since it is of another
 * version, gives way to one that perhaps can. Whatever goes wrong, it begins again with what is stored.
 */
export function createProjector(context: ServiceContext, options: FeedOptions): Part {
  const { client, db, metrics, log } = context;
  const { projections, topics } = options;
  const reader = createReader({ client, log });
  const progress = createProgress({ db, reader, topics });
  const troubles = createOutageLog(log);
  const stopping = new AbortController();
  const begun = Promise.withResolvers<void>();
  let state: 'waiting' | 'standing by' | 'running' = 'waiting';
  let trouble: unknown;
  let running: Promise<void> | undefined;
  let asking: NodeJS.Timeout | undefined;

  const feed = createFeed(context, options, reader, {
    onReading() {
      state = 'running';
      begun.resolve();
    },
    onTrouble(error) {
      trouble = error;
      if (error === undefined) troubles.over('reading goes on');
    },
  });
  gauge(metrics, 'brew_consumer_running', 'Whether the consumer reads: 1 or 0', () =>
    state === 'running' && trouble === undefined ? 1 : 0,
  );

  /** For as long as this instance is the one that reads. */
  async function lead(signal: AbortSignal): Promise<void> {
    await using session = await db.connect({ statementMs: STATEMENT_MS });
    const either = AbortSignal.any([signal, session.lost]);
    await standForElection(session, projections);
    await waitForLock(session, 'projector', {
      signal: either,
      onTaken() {
        state = 'standing by';
        trouble = undefined;
        troubles.over('standing by: another instance reads');
        begun.resolve();
      },
    });
    state = 'waiting';
    const since = performance.now();
    await giveWayWhenSilent(reader, either, async (signal) => {
      for (;;) await follow(session, since, signal);
    });
  }

  /** Until other tables become live, or somebody else is to try. */
  async function follow(session: Session, since: number, signal: AbortSignal): Promise<void> {
    const number = await lastSwitch(db);
    const what = await unreadable();
    if (what === undefined) return feed.run(session, number, signal);
    const turn = { db, projections, since, what };
    await giveWayToOthers(turn);
    const over = new AbortController();
    const giveWay = new AbortController();
    const coming = untilOthersCome(turn, AbortSignal.any([signal, over.signal])).catch((error) =>
      giveWay.abort(error),
    );
    try {
      await feed.run(session, number, AbortSignal.any([signal, giveWay.signal]));
    } finally {
      over.abort();
      await coming;
    }
  }

  /** The live tables that this code can't read into; undefined: there are none. */
  async function unreadable(): Promise<string | undefined> {
    const foreign = (await listGenerations(db)).filter(
      (one) =>
        one.state === 'live' &&
        !projections.some(({ name, version }) => name === one.projection && version === one.version),
    );
    if (foreign.length === 0) return undefined;
    return `another version has made ${foreign.map(({ schema, version }) => `${schema} (version ${version})`).join(', ')}`;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await lead(signal);
      } catch (error) {
        if (signal.aborted) return;
        state = 'waiting';
        trouble = error instanceof GivesWayError ? undefined : error;
        troubles.note(
          error,
          'reading ended: beginning again with what is stored, unless another instance does',
        );
      }
      await delay(STAND_BACK_MS, signal);
    }
  }

  return {
    name: 'consumer',
    mayComeLater: true,
    async start(signal) {
      running ??= run(stopping.signal);
      asking ??= setInterval(progress.ask, ASK_MS);
      await new Promise<void>((resolve, reject) => {
        begun.promise.then(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    async stop() {
      clearInterval(asking);
      stopping.abort();
      feed.stop();
      await running;
      await reader.close();
    },
    async health() {
      const isStandby = state === 'standing by';
      // Somebody has to do something: nobody need look for ten seconds whether it gets on.
      if (trouble instanceof BrewError && !trouble.retryable) return { up: false, detail: why() };
      const health = await progress.look(
        isStandby ? 'the instance that reads does not get on' : ((await unreadable()) ?? why()),
      );
      if (isStandby) return { detail: 'stands by: another instance reads', ...health };
      const isWell = state === 'running' && trouble === undefined;
      return health.up && !isWell ? { up: true, detail: `trying again: ${why()}` } : health;
    },
  };

  function why(): string {
    const { unreachable, heldBack, silentSince } = reader;
    const silence = toldSilence(silentSince);
    if (silence !== undefined) return silence;
    if (unreachable.length > 0) return `can't reach ${unreachable.join(', ')}`;
    if (heldBack) return heldBack.message;
    if (isLoss(trouble)) return tellLoss(trouble);
    return trouble instanceof Error ? trouble.message : state;
  }
}
