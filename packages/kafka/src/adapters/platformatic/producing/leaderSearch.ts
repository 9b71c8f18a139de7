import { backoff } from '../../../backoff.ts';
import { delay } from '../../../delay.ts';
import { scopeOf } from '../../../producer/refusals.ts';
import { nameOf } from '../../../wire/protocolErrors.ts';
import type { Target, Targets } from './targets.ts';

export const RETRY = { initialMs: 20, maxMs: 1_000 };

export interface LeaderSearchOptions {
  targets: Targets;
  /** Those that something waits for, and that have no leader that we know of. */
  lost: () => Target[];
  /** The topic takes nothing more from us: Kafka's name of the error. */
  onShut: (target: Target, refusal: string) => void;
  /** There is still none. */
  onNone: (target: Target, error: unknown) => void;
  /** Those that have a leader now may be sent to. */
  onFound: () => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** Finds out who leads what, until that is known of all that is lost. */
export function createLeaderSearch({ targets, lost, onShut, onNone, onFound, signal }: LeaderSearchOptions) {
  let searching = false;

  async function look(after: readonly Target[]): Promise<void> {
    const topics = [...new Set(after.map(({ topic }) => topic))];
    let trouble: unknown;
    const wrong = await targets.refresh(topics).catch((error: unknown) => {
      trouble = error;
      return new Map<string, number>();
    });
    for (const target of after) {
      const code = wrong.get(target.topic);
      if (code !== undefined && scopeOf(nameOf(code)) === 'topic') onShut(target, nameOf(code));
      else if (target.leader === undefined)
        onNone(target, trouble ?? new Error(`${target.topic}/${target.partition} has no leader`));
    }
  }

  return async function search(): Promise<void> {
    if (searching) return;
    searching = true;
    for (let after = lost(); after.length > 0 && !signal.aborted; after = lost()) {
      const failures = Math.max(...after.map((target) => target.failures));
      // The first time it is as a rule known already who leads now.
      if (failures > 1) await delay(backoff(failures, RETRY, Math.random()), signal);
      await look(after);
      onFound();
    }
    searching = false;
  };
}
