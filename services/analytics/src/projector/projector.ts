import { BrewError } from '@brew/events';
import { backoff, delay } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { counter, createUnknownTypes, gauge, type Part, type ServiceContext } from '@brew/service';
import { createBuild, type Stored } from '../build/build.ts';
import { BuildSupersededError } from '../errors.ts';
import type { Limits } from '../orders/turnover.ts';
import type { Projection } from '../projections/projection.ts';
import { beginAt, topicIdsOf } from '../store/generations.ts';
import { lastSwitch, shareSwitch, waitForLock } from '../store/locks.ts';
import { fedOf, liveGenerations } from './fed.ts';
import { createLagReport } from './lag.ts';

const RETRY = { initialMs: 500, maxMs: 10_000 };
const LOOK_MS = 500;

/** What is read into live tables. */
interface Feed {
  projections: readonly Projection[];
  topics: readonly string[];
  /** See BuildOptions. */
  limits?: Limits | undefined;
}

/**
 * Reads events into the live tables, as they come. One instance does; the others stand by, and one of them takes over when it is gone.
 * Whatever goes wrong, it begins again with what is stored.
 */
export function createProjector(context: ServiceContext, { projections, topics, limits }: Feed): Part {
  const { name, client: kafka, db, codec, deadLetters, metrics, log } = context;
  const reader = createReader({ client: kafka, log });
  const unknownTypes = createUnknownTypes(context);
  const lag = createLagReport({ reader, group: name, log });
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
    const session = await db.connect();
    const lost = new AbortController();
    session.once('end', () => lost.abort(new Error('the connection to PostgreSQL is gone')));
    const either = AbortSignal.any([signal, lost.signal]);
    try {
      await waitForLock(session, 'projector', {
        signal: either,
        onTaken() {
          state = 'standing by';
          begun.resolve();
        },
      });
      state = 'waiting';
      for (;;) await follow(session, either);
    } finally {
      await session.end();
    }
  }

  /** Until other tables become live. */
  async function follow(session: Awaited<ReturnType<typeof db.connect>>, signal: AbortSignal): Promise<void> {
    const number = await lastSwitch(db);
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
      deadLetters,
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
    health() {
      if (state === 'standing by') return { up: true, detail: 'stands by: another instance reads' };
      const { unreachable, heldBack } = reader;
      if (unreachable.length > 0) return { up: false, detail: `can't reach ${unreachable.join(', ')}` };
      if (heldBack) return { up: false, detail: heldBack.message };
      if (trouble === undefined && state === 'running') return { up: true };
      return { up: false, detail: trouble instanceof Error ? trouble.message : state };
    },
  };
}
