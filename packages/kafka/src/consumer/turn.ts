/** What the work on one chunk may use of the consumer around it. */
export interface Turn {
  /** Keeps the session alive; throws when the group rebalances, and then the chunk is left to whoever gets it. */
  heartbeat(): Promise<void>;
  /** Aborted when the consumer stops: no further attempt is begun. */
  signal: AbortSignal;
  /** Says that everything up to this offset is done, in the midst of a chunk. */
  done(offset: bigint): void;
}

const STOPPED = Symbol('the consumer stops');

/** Leaves a chunk that isn't done because the consumer stops. Not an error, so nobody logs it. */
export function leaveIfStopping({ signal }: Turn): void {
  if (signal.aborted) throw STOPPED;
}

export const isStopped = (error: unknown): boolean => error === STOPPED;
