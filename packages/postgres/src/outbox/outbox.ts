import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { createAnnouncer } from './announce.ts';
import { type Ownership, takeOwnership } from './ownership.ts';

export interface Backlog {
  rows: number;
  /** Age of the oldest unsent row; 0 when there is none. */
  oldestSeconds: number;
}

/** The relay's side of the outbox. Only its one owner may read what is unsent. */
export interface Outbox {
  /**
   * Waits until this process is the owner: at once when nobody else is, within some 2 s after another one stopped or
   * lost its connection. Waits out outages. Throws the signal's reason when aborted.
   */
  takeOwnership(signal: AbortSignal): Promise<Ownership>;
  /** Wakes the owner if it is another process, soon. Call it after the commit. */
  announce(): void;
  backlog(): Promise<Backlog>;
}

export function createOutbox(db: Database, { log }: { log: Logger }): Outbox {
  return {
    takeOwnership: (signal) => takeOwnership(db, { log, signal }),
    announce: createAnnouncer(db, log),
    async backlog() {
      const { rows } = await db.query<Backlog>(
        `select count(*)::int as rows,
                coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds"
         from outbox`,
      );
      return rows[0] ?? { rows: 0, oldestSeconds: 0 };
    },
  };
}
