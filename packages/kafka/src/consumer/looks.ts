import { CorruptBatchError } from '../errors.ts';
import type { Gap } from '../fetched.ts';

/** Bytes that are not those that were written may come right from another replica, or over another connection. */
const LOOKS = 3;

/** Counts how often a batch was fetched that is not as it was written. @returns whether to fetch it once more */
export function createLooks(): (gap: Gap) => boolean {
  const looks = new Map<string, { offset: bigint; count: number }>();
  return ({ topic, partition, firstOffset, error }) => {
    if (!(error instanceof CorruptBatchError)) return false;
    const id = `${topic}/${partition}`;
    const before = looks.get(id);
    const count = before?.offset === firstOffset ? before.count + 1 : 1;
    looks.set(id, { offset: firstOffset, count });
    return count < LOOKS;
  };
}
