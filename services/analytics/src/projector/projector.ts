import { BrewError } from '@brew/events';
import { backoff, delay } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import type { Session } from '@brew/postgres';
import { counter, createUnknownTypes, gauge, type Part, type ServiceContext } from '@brew/service';
import { createBuild, type Stored } from '../build/build.ts';
import { BuildSupersededError } from '../errors.ts';
import type { Limits } from '../orders/turnover.ts';
import type { Projection } from '../projections/projection.ts';
import { beginAt, listGenerations, topicIdsOf } from '../store/generations.ts';
import { lastSwitch, shareSwitch, waitForLock } from '../store/locks.ts';
import { fedOf, liveGenerations } from './fed.ts';
import { createLagReport } from './lag.ts';
import { createProgress } from './progress.ts';
import { GivesWayError, giveWayToOthers, STAND_BACK_MS, standForElection, untilOthersCome } from './turns.ts';

const RETRY = { initialMs: 500, maxMs: 3_000 };
const LOOK_MS = 500;

/** A page of orders at hand is some megabytes, and PostgreSQL may be busy with a rebuild. */
const STATEMENT_MS = 30_000;

/** What is read into live tables. */
interface Feed {
  projections: readonly Projection[];
  topics: readonly string[];
  /** See BuildOptions. */
  limits?: Limits | undefined;
}

/**
 * Reads events into the live tables, as they come. One instance does; the others stand by, and one of them takes over when it is gone,
 * frozen or cut off. One that can't read all that is live, since it is of another version, gives way to one that perhaps can.
 * Whatever goes wrong, it begins again with what is stored.
 */
export function createProjector(context: ServiceContext, { projections, topics, limits }: Feed): Part {
  const { name, client: kafka, db, codec, deadLetters, metrics, log } = context;
  const reader = createReader({ client: kafka, log });
  const unknownTypes = createUnknownTypes(context);
  const lag = createLagReport({ reader, group: name, log });
  const progress = createProgress({ db, reader, topics });
  const stopping = new AbortController();
  const begun = Promise.withResolvers<void>();
  let state: 'waiting' | 'standing by' | 'running' = 'waiting';
  let trouble: unknown;
  let running: Promise<void> | undefined;

  let waiting = 0;
  const givenUp = counter(
    metrics,
    'brew_orders_given_up_total',
    'Orders that ended without what they were placed with, and are not counted, by projection',
    ['projection'],
  );
  gauge(
    metrics,
    'brew_orders_waiting',
    'Orders under way that are kept in PostgreSQL, not in memory',
    () => waiting,
  );
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
        begun.resolve();
      },
    });
    state = 'waiting';
    const since = performance.now();
    for (;;) await follow(session, since, either);
  }

  /** Until other tables become live, or somebody else is to try. */
  async function follow(session: Session, since: number, signal: AbortSignal): Promise<void> {
    const number = await lastSwitch(db);
    const what = await unreadable();
    if (what === undefined) return feed(session, number, signal);
    const turn = { db, projections, since, what };
    await giveWayToOthers(turn);
    const over = new AbortController();
    const giveWay = new AbortController();
    const coming = untilOthersCome(turn, AbortSignal.any([signal, over.signal])).catch((error) =>
      giveWay.abort(error),
    );
    try {
      await feed(session, number, AbortSignal.any([signal, giveWay.signal]));
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

  async function feed(session: Session, number: bigint, signal: AbortSignal): Promise<void> {
    const fed = fedOf(await liveGenerations(db, projections));
    if (fed.length === 0) return untilSwitched(number, signal);
    const ids = await topicIdsOf(db, fed, await reader.topicIds(topics));
    const starts = await reader.offsets(topics, 'earliest');
    const [{ positions: stored } = { positions: [] }] = fed;
    // Put down at once, so that whoever builds others beside them knows how far these are.
    if (stored.length === 0) {
      await db.transaction(async (tx) => {
        for (const generation of fed) await beginAt(tx, generation, starts);
      });
    }
    const positions = stored.length > 0 ? stored : starts;
    const build = createBuild({
      generations: fed.map(({ code, schema }) => ({ projection: code, schema })),
      positions,
      client: session,
      db,
      reader,
      codec,
      // Who was frozen sends nothing any more.
      deadLetters: {
        async park(letters) {
          if (!(await session.isHeld())) throw new Error('another instance may read by now: nothing sent');
          return await deadLetters.park(letters);
        },
      },
      log,
      limits,
      guard: async (tx) => {
        if ((await shareSwitch(tx)) !== number) throw new BuildSupersededError('what was live');
      },
      onStored,
      onUnknown: unknownTypes.note,
      onTrouble: (error) => {
        trouble = error;
      },
    });
    await build.load();
    state = 'running';
    begun.resolve();
    trouble = undefined;
    const ranges = starts.map(({ topic, partition, offset }) => ({
      ...{ topic, partition, from: offset },
      topicId: ids.get(topic),
    }));
    lag.note(positions);
    try {
      await build.read({ ranges, signal });
    } catch (error) {
      if (!(error instanceof BuildSupersededError)) throw error;
      log.info('the live tables were switched: going on with those that are live now');
    }
  }

  /** There is nothing to read events into at the moment: all live tables are just being built. */
  async function untilSwitched(number: bigint, signal: AbortSignal): Promise<void> {
    while ((await lastSwitch(db)) === number) {
      await delay(LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  function onStored({ positions, taken, seconds, ...stored }: Stored): void {
    trouble = undefined;
    waiting = stored.waiting;
    for (const [projection, orders] of stored.givenUp) {
      givenUp.inc({ projection }, orders);
      log.warn({ projection, orders }, 'orders ended without what they were placed with: not counted');
    }
    for (const [type, count] of taken) if (count > 0) metrics.events.inc({ type, outcome: 'handled' }, count);
    metrics.chunkSeconds.observe({ group: name, outcome: 'handled' }, seconds);
    lag.note(positions);
  }

  async function run(signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await lead(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (state === 'running') failures = 1;
        state = 'waiting';
        if (error instanceof GivesWayError) {
          log.info({ reason: error.message }, 'giving way');
          await delay(STAND_BACK_MS, signal);
          continue;
        }
        trouble = error;
        const level = error instanceof BrewError && error.retryable ? 'warn' : 'error';
        log[level]({ err: error, failures }, 'reading ended: beginning again with what is stored');
      }
      await delay(backoff(failures, RETRY, Math.random()), signal);
      if (signal.aborted) return;
    }
  }

  return {
    name: 'consumer',
    mayComeLater: true,
    async start(signal) {
      running ??= run(stopping.signal);
      await new Promise<void>((resolve, reject) => {
        begun.promise.then(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    async stop() {
      stopping.abort();
      lag.stop();
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
    const { unreachable, heldBack } = reader;
    if (unreachable.length > 0) return `can't reach ${unreachable.join(', ')}`;
    if (heldBack) return heldBack.message;
    return trouble instanceof Error ? trouble.message : state;
  }
}
