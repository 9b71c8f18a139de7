import { backoff } from '../backoff.ts';
import { delay } from '../delay.ts';
import { kafkaErrorTypeOf } from '../errors.ts';

/**
 * A group's coordinator moves with its broker, and loads what the group has committed first; a partition's leader does, and tells offsets
 * only when its followers have caught up with its term (KIP-207). kafkajs waits for none of it.
 */
const passing = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
]);

const RETRY = { initialMs: 100, maxMs: 1_000 };
/** Some six seconds: as long as an election takes. */
const ATTEMPTS = 10;

/**
 * kafkajs keeps one set of metadata for all that an admin asks at the same time. An answer that is late, to a question from before a topic
 * was asked for, takes that topic out again; then its offsets are looked for in an empty list, which ends with a TypeError.
 */
export const isPassing = (error: unknown): boolean =>
  error instanceof TypeError || passing.has(kafkaErrorTypeOf(error) ?? '');

/** Asks a group's coordinator or a partition's leader something, also while it is being changed. */
export async function settled<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  for (let failures = 1; ; failures++) {
    try {
      return await question();
    } catch (error) {
      if (!isPassing(error) || failures === ATTEMPTS) throw error;
    }
    await delay(backoff(failures, RETRY, Math.random()));
  }
}
