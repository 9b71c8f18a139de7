import type { Logger } from 'pino';
import type { Tx } from '../database.ts';

/** The NOTIFY channel that wakes the relay of another process. */
export const OUTBOX_CHANNEL = 'outbox';

/**
 * Tells the owner of the outbox, whichever process that is, that rows were committed. Calls that come while one is
 * under way are answered by one more.
 *
 * Danger zone: never NOTIFY inside the transaction that writes the rows. PostgreSQL lets transactions that notify commit
 * one after the other, in all databases of the server, each waiting for the disk (PreCommit_Notify in async.c). A
 * transaction of its own that doesn't wait for the disk costs nearly nothing; if it gets lost, the relay's polling finds
 * the rows.
 */
export function createAnnouncer(db: Tx, log: Logger): () => void {
  let again = false;
  let announcing = false;

  async function announce(): Promise<void> {
    announcing = true;
    do {
      again = false;
      await db
        .query(`select set_config('synchronous_commit', 'off', true), pg_notify('${OUTBOX_CHANNEL}', '')`)
        .catch((error: Error) => log.debug({ reason: error.message }, 'the relay was not told'));
    } while (again);
    announcing = false;
  }

  return () => {
    again = true;
    if (!announcing) void announce();
  };
}
