import { aborted, delay } from '@brew/kafka';
import type { Database } from '@brew/postgres';

/** How long PostgreSQL may be away from an instance before others are to do its part; to notice takes some five seconds more. */
const AWAY_MS = 10_000;
const AGAIN_MS = 1_000;

/** Knows whether this instance reaches its database, by a connection of its own: those of the pool may all wait for somebody's lock. */
export function createDatabaseWatch(db: Pick<Database, 'connect'>) {
  const stopping = new AbortController();
  let awaySince: number | undefined;
  let watching: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await using session = await db.connect();
        awaySince = undefined;
        await aborted(AbortSignal.any([session.lost, stopping.signal]));
      } catch {} // away: asked again
      awaySince ??= performance.now();
      await delay(AGAIN_MS, stopping.signal);
    }
  }

  return {
    start() {
      watching ??= watch();
    },
    async stop() {
      stopping.abort();
      await watching;
    },
    /** Undefined as long as it answers, or has not been away for long. */
    trouble(): string | undefined {
      if (awaySince === undefined || performance.now() - awaySince < AWAY_MS) return undefined;
      return `PostgreSQL does not answer this instance for more than ${AWAY_MS / 1_000} s: another one may do its part`;
    },
  };
}
