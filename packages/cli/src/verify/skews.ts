import { eventTypes } from '@brew/events';
import type { SeenEvent } from './seen.ts';

/** Whose events bear earlier times than the events of another that led to them: their clocks differ by that much at least. */
export interface Skew {
  behind: string;
  of: string;
  /** The most that was seen. */
  seconds: number;
}

export interface Skews {
  note(cause: SeenEvent, effect: SeenEvent): void;
  summary(): Skew[];
}

/** Clocks are hardly ever so wrong. */
const MOST_MS = 15 * 60 * 1_000;

/** Whether no difference of clocks explains a time that lies so far ahead of another one: what bears it is not on its way. */
export const isMadeUp = (aheadMs: number): boolean => aheadMs > MOST_MS;

/** Clocks that are kept agree within milliseconds. */
const TOLD_FROM_MS = 1_000;

const producers = new Map(eventTypes.map(({ name, topic }) => [name, topic.producer]));

/**
 * How far the services' clocks are seen to differ. That breaks nothing, since no order of events is told by their times, but reports by the
 * hour and times that are shown are as wrong as the clocks.
 */
export function createSkews(): Skews {
  const found = new Map<string, Skew>();
  return {
    note(cause, effect) {
      const ms = cause.time - effect.time;
      if (ms < TOLD_FROM_MS) return;
      const [behind, of] = [producers.get(effect.name) ?? '?', producers.get(cause.name) ?? '?'];
      const seconds = Math.max(ms / 1_000, found.get(`${behind} ${of}`)?.seconds ?? 0);
      found.set(`${behind} ${of}`, { behind, of, seconds });
    },
    summary: () => [...found.values()].sort((a, b) => b.seconds - a.seconds),
  };
}
