import type { Database } from '@brew/postgres';
import { problem } from '@brew/service';
import { dropGeneration, type Generation } from './generations.ts';
import { isHeld, sessionsIn, waitBriefly } from './locks.ts';

/**
 * Removes a generation, unless somebody reads it.
 * @param then what to do about that, in a sentence
 * @throws HttpProblem 409, which says who does
 */
export async function dropUnread(db: Database, generation: Generation, then: string): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await waitBriefly(tx);
      await dropGeneration(tx, generation);
    });
  } catch (error) {
    if (!isHeld(error)) throw error;
    const { schema } = generation;
    const readers = (await sessionsIn(db, [schema])).join('; ') || 'a session that has just ended';
    throw problem(409, 'TABLES_IN_USE', `${schema} is still read by ${readers}. ${then}`);
  }
}
