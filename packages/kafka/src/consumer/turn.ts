import { delay } from '../delay.ts';
import type { ReceivedRecord } from '../record.ts';

/** What the work on one chunk may use of the consumer around it. */
export interface Turn {
  /** Aborted when the consumer stops, or the partition is not ours any more: no further attempt is begun, and the chunk is left to whoever gets it. */
  signal: AbortSignal;
  /** Says that everything below this offset is done, in the midst of a chunk. */
  done(nextOffset: bigint): void;
  /** Says what holds the chunk up, and for what; with undefined, that it gets on. @throws to leave the chunk: others need the memory that it holds */
  heldUp(holdUp: HoldUp | undefined): void;
  /** From here on the chunk is not left for others' sake: something of it goes to the dead letters, and would be there twice. */
  keep(): void;
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

const GIVEN_UP = Symbol('the partition is given up');

/** Leaves a chunk that isn't done because the partition is given up. Not an error, so nobody logs it. */
export function leaveIfGivenUp({ signal }: Pick<Turn, 'signal'>): void {
  if (signal.aborted) throw GIVEN_UP;
}

export const isGivenUp = (error: unknown): boolean => error === GIVEN_UP;

const LOOK_MS = 2_000;

/** Waits; shorter when `isOver`. @throws to leave the chunk: the partition is given up */
export async function pause(turn: Pick<Turn, 'signal'>, ms: number, isOver = () => false): Promise<void> {
  for (let left = ms; left > 0 && !isOver(); left -= LOOK_MS) {
    await delay(Math.min(left, LOOK_MS), turn.signal);
    leaveIfGivenUp(turn);
  }
}
