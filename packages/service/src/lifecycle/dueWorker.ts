import { BrewError } from '@brew/events';
import { backoff, verdictOf } from '@brew/kafka';
import {
  countStuckItems,
  type Database,
  dueStuckItems,
  forgetStuckItem,
  isOutage,
  noteFailure,
  retryLater,
  type Tx,
} from '@brew/postgres';
import type { Logger } from 'pino';
import type { UnitOfWork, Work } from '../unitOfWork/unitOfWork.ts';
import { type Worker, type WorkerOptions, worker } from './worker.ts';

export interface DueWorkerOptions extends Pick<WorkerOptions, 'everyMs' | 'restMs' | 'waker'> {
  /** Literal and never renamed: what it sets aside is kept under this name. */
  name: string;
  /** `true`: something is due. A number: it is in so many milliseconds. Left out, `take` finds out. */
  look?(): Promise<boolean | number>;
  /**
   * Does what is due within the transaction of `work`, but for the worker's stuck items; or, when `only` is given, for that item alone,
   * stuck or not.
   *
   * @returns with `look`: whether there was anything that nobody else held; without: whether there is more
   */
  take(work: Work, only?: string): Promise<boolean>;
  /** The items that `take` would take now: one of them is to blame when it fails. Changes nothing. */
  due(tx: Tx): Promise<string[]>;
  /** Whether there is still something to be done for an item, now or later. */
  isOpen(tx: Tx, item: string): Promise<boolean>;
  /** Frees what an item holds that is set aside, such as a courier, so that the others get it. */
  letGo?(tx: Tx, item: string): Promise<void>;
}

/** Attempts at one item before it is set aside; an error that can't pass (`retryable: false`) does it at once. */
const ATTEMPTS = 5;
const RETRY = { initialMs: 500, maxMs: 5_000 };
/** How often to look for items that are to be tried again: those of other instances, and those that somebody set free. */
const RETRY_LOOK_MS = 1_000;
const RETRIED_AT_ONCE = 20;
/** So many items in a row, and none that succeeds: then it isn't the items. */
const STRIKES = 20;

/**
 * A worker that takes what is due of many items in one transaction, and lets none of them hold the others up. When that fails, and it
 * is no outage, each is taken alone; one that fails goes to the table stuck_items, is tried again with backoff, and is set aside in the
 * end, where health and metrics tell of it, until `retryStuckItems` sets it free. When everything fails, nothing is set aside: the worker
 * fails, and says why.
 */
export function dueWorker(
  { db, transact, log }: { db: Database; transact: UnitOfWork['transact']; log: Logger },
  { name, look, take, due, isOpen, letGo, ...timing }: DueWorkerOptions,
): Worker {
  let nextLookAt = 0;
  let strikes = 0;

  /** What went wrong with an item alone; undefined when nothing did. Throws what is an outage: it says nothing about the item. */
  async function failureOf(item: string, also?: (tx: Tx, moved: boolean) => Promise<void>) {
    try {
      await transact({}, async (work) => {
        const moved = await take(work, item);
        await also?.(work.tx, moved);
      });
      return undefined;
    } catch (error) {
      if (isAway(error)) throw error;
      return { item, error: error as Error };
    }
  }

  async function note(failures: readonly { item: string; error: Error }[]): Promise<void> {
    for (const { item, error } of failures) {
      const attempt = await db.transaction(async (tx) => {
        const attempts = await noteFailure(tx, name, item, describe(error));
        const isLast = attempts >= ATTEMPTS || isHopeless(error);
        if (isLast) await letGo?.(tx, item);
        else await retryLater(tx, name, item, backoff(attempts, RETRY, Math.random()));
        return { attempts, isLast };
      });
      if (attempt.isLast) log.error({ err: error, worker: name, item, ...attempt }, 'set aside by a worker');
      else log.warn({ err: error, worker: name, item, ...attempt }, 'a worker failed at an item');
    }
  }

  /** @returns whether something was done */
  async function retry(signal: AbortSignal): Promise<boolean> {
    if (performance.now() < nextLookAt) return false;
    nextLookAt = performance.now() + RETRY_LOOK_MS;
    const items = await dueStuckItems(db, name, RETRIED_AT_ONCE);
    for (const item of items) {
      if (signal.aborted) break;
      const failure = await failureOf(item, async (tx, moved) => {
        if (moved || !(await isOpen(tx, item))) await forgetStuckItem(tx, name, item);
        else await retryLater(tx, name, item, RETRY.maxMs); // it has to wait for its turn, like everybody
      });
      if (failure) await note([failure]);
    }
    return items.length > 0;
  }

  async function eachAlone(reason: unknown, signal: AbortSignal): Promise<boolean> {
    const items = await db.transaction(due);
    const failures: { item: string; error: Error }[] = [];
    for (const item of items) {
      if (signal.aborted) return true;
      const failure = await failureOf(item);
      if (failure) failures.push(failure);
    }
    if (failures.length === items.length) strikes += failures.length;
    else strikes = 0;
    if (items.length === 0 || strikes > STRIKES) throw reason;
    await note(failures);
    return true;
  }

  async function takeAll(signal: AbortSignal): Promise<boolean> {
    try {
      const moved = await transact({}, (work) => take(work));
      if (moved) strikes = 0;
      return moved;
    } catch (error) {
      if (isAway(error)) throw error;
      return await eachAlone(error, signal);
    }
  }

  const base = worker({
    ...timing,
    name,
    async run(signal) {
      const retried = await retry(signal);
      const next = look ? await look() : true;
      if (next !== true) return next;
      return (await takeAll(signal)) || retried || (look ? 'held' : false);
    },
  });

  return {
    ...base,
    async health() {
      const health = base.health();
      const count = await countStuckItems(db, name).catch(() => 0);
      if (count === 0) return health;
      const aside = `${count} set aside`;
      return { ...health, detail: health.detail ? `${health.detail}; ${aside}` : aside, needsStaff: true };
    },
  };
}

/** Something that every item needs: it says nothing about this one, whatever is in the item's own error. */
const isAway = (error: unknown) => verdictOf(error, isOutage) === 'outage';

const isHopeless = (error: unknown) => error instanceof BrewError && !error.retryable;

const describe = (error: Error): string =>
  error instanceof BrewError ? `${error.code}: ${error.message}` : `${error.name}: ${error.message}`;
