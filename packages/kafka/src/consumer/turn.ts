import { delay } from '../delay.ts';
import type { ReceivedRecord } from '../record.ts';

/** What the work on one chunk may use of the consumer around it. */
export interface Turn {
  /** Keeps the session alive; throws when the group rebalances, and then the chunk is left to whoever gets it. */
  heartbeat(): Promise<void>;
  /** Aborted when the consumer stops: no further attempt is begun. */
  signal: AbortSignal;
  /** Says that everything below this offset is done, in the midst of a chunk. */
  done(nextOffset: bigint): void;
  /** Says what holds the chunk up, and for what; with undefined, that it gets on. */
  heldUp(holdUp: HoldUp | undefined): void;
}

export type Place = Pick<ReceivedRecord, 'topic' | 'partition' | 'offset' | 'key'>;

/** Why a chunk does not get on. */
export interface HoldUp {
  /** The first record that waits. */
  at: Place;
  error: unknown;
  /** Whether it is something around the record that is waited for: an outage, the dead letters, a breaker that is open. */
  waits: boolean;
}

const STOPPED = Symbol('the consumer stops');

/** Leaves a chunk that isn't done because the consumer stops. Not an error, so nobody logs it. */
export function leaveIfStopping({ signal }: Turn): void {
  if (signal.aborted) throw STOPPED;
}

export const isStopped = (error: unknown): boolean => error === STOPPED;

/** The longest wait without a sign of life: well below any session timeout. */
const LONGEST_SILENCE_MS = 2_000;

/** Waits, giving signs of life; shorter when `isOver`. @throws to leave the chunk: the consumer stops, or the group rebalances */
export async function pause(turn: Turn, ms: number, isOver = () => false): Promise<void> {
  for (let left = ms; ; left -= LONGEST_SILENCE_MS) {
    await turn.heartbeat();
    await delay(Math.min(left, LONGEST_SILENCE_MS), turn.signal);
    leaveIfStopping(turn);
    if (left <= LONGEST_SILENCE_MS || isOver()) break;
  }
  await turn.heartbeat();
}
