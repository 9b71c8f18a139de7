import { setTimeout as delay } from 'node:timers/promises';
import type { Fate, Hindrance } from './fate.ts';

export interface Keeper {
  /** It runs, and is to go on. */
  adopt(name: string): void;
  /**
   * Starts it; what came before is forgotten. Resolves when it is ready, and rejects when the first attempt fails: then it is tried again
   * all the same.
   */
  start(name: string): Promise<void>;
  /** It is not to run any more: whatever ends it, and if it is about to be started again, that is called off. */
  leave(name: string): void;
  /** It was ready, and has ended by itself after so many milliseconds. */
  died(name: string, livedMs: number): void;
  /** Nothing is started any more. */
  close(): void;
}

export interface KeeperOptions {
  /** Starts it, unless it runs, and resolves when it is ready. */
  launch(name: string): Promise<void>;
  isRunning(name: string): boolean;
  /** What is in the way of its start, and is none of its own faults: a full disk, somebody else at its port. */
  hindrance(name: string): Promise<Hindrance | undefined>;
  /** Told of each step. */
  onFate(name: string, fate: Fate): void;
  /** Told why a process could not be started again. */
  onFailure(name: string, error: unknown): void;
  bounds?: KeeperBounds;
}

interface KeeperBounds {
  /** How long it waits after the first death, the second, and so on; after one more the process stays dead. */
  backoffMs: readonly number[];
  /** A process that has lived for so long was sound: its next death is the first one again. */
  soundMs: number;
  /** How often it looks whether nothing is in the way any more. */
  lookMs: number;
}

/** Five deaths, none of them after a minute of life: what is broken is given up after half a minute or so, and a bad day is lived through. */
const usualBounds: KeeperBounds = {
  backoffMs: [1_000, 2_000, 4_000, 8_000],
  soundMs: 60_000,
  lookMs: 2_000,
};

interface Kept {
  deaths: number;
  /** Aborted when it is not wanted any more. */
  unwanted: AbortController;
}

/** Starts processes again that have died by themselves. */
export function createKeeper({
  launch,
  isRunning,
  hindrance,
  onFate,
  onFailure,
  bounds: { backoffMs, soundMs, lookMs } = usualBounds,
}: KeeperOptions): Keeper {
  const wanted = new Map<string, Kept>();

  /** Until it is ready, is given up, or is not wanted any more. */
  async function bringBack(name: string, kept: Kept): Promise<void> {
    const { signal } = kept.unwanted;
    const slow = isRunning(name);
    if (slow) onFate(name, { state: 'slow', deaths: kept.deaths });
    else if (!(await mayStart(name, kept))) return;
    try {
      await launch(name);
      if (!signal.aborted) onFate(name, { state: 'back', deaths: kept.deaths, at: new Date().toISOString() });
    } catch (error) {
      if (signal.aborted) return;
      if (!slow) onFailure(name, error);
      await bringBack(name, kept);
    }
  }

  /** Waits until it may be started again. @returns false: it has died too often */
  async function mayStart(name: string, kept: Kept): Promise<boolean> {
    const { signal } = kept.unwanted;
    let found = await hindrance(name);
    if (found) {
      onFate(name, found);
      for (; found; found = await hindrance(name)) await delay(lookMs, undefined, { signal });
      return true;
    }
    const waitMs = backoffMs[kept.deaths];
    kept.deaths += 1;
    const { deaths } = kept;
    if (waitMs === undefined) {
      onFate(name, { state: 'given-up', deaths });
      return false;
    }
    onFate(name, { state: 'waiting', deaths, until: new Date(Date.now() + waitMs).toISOString() });
    await delay(waitMs, undefined, { signal });
    return true;
  }

  const goOn = (name: string, kept: Kept) =>
    void bringBack(name, kept).catch((error) => {
      if (!kept.unwanted.signal.aborted) onFailure(name, error);
    });

  function leave(name: string): void {
    wanted.get(name)?.unwanted.abort();
    wanted.delete(name);
  }
  function adopt(name: string): Kept {
    leave(name);
    const kept = { deaths: 0, unwanted: new AbortController() };
    wanted.set(name, kept);
    return kept;
  }
  return {
    adopt,
    async start(name) {
      const kept = adopt(name);
      try {
        await launch(name);
      } catch (error) {
        if (!kept.unwanted.signal.aborted) goOn(name, kept);
        throw error;
      }
    },
    leave,
    died(name, livedMs) {
      const kept = wanted.get(name);
      if (kept === undefined) return;
      if (livedMs >= soundMs) kept.deaths = 0;
      goOn(name, kept);
    },
    close() {
      for (const name of [...wanted.keys()]) leave(name);
    },
  };
}
