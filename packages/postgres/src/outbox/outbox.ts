import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { createAnnouncer } from './announce.ts';
import { type Ownership, takeOwnership } from './ownership.ts';

export interface Backlog {
  /** On their way. */
  rows: number;
  /** The oldest of them; null when there is none. */
  oldestId: string | null;
  /** Its age; 0 when there is none. */
  oldestSeconds: number;
  /** Set aside: Kafka has refused them for what they are. */
  refused: number;
  /** Behind a refused row of their topic and key. */
  held: number;
  /** Age of the oldest refused row, 0 when there is none. */
  refusedSeconds: number;
}

/** The relay's side of the outbox. Only its one owner may read what is unsent. */
export interface Outbox {
  /**
   * Waits until this process is the owner: at once when nobody else is, within some 2 s after another one stopped or
   * lost its connection, and within 15 s after it was frozen or cut off. Waits out outages. Throws the signal's reason when aborted.
   *
   * @param onStandby called while another one is the owner
   */
  takeOwnership(signal: AbortSignal, onStandby?: () => void): Promise<Ownership>;
  /** Wakes the owner if it is another process, soon. Call it after the commit. */
  announce(): void;
  backlog(): Promise<Backlog>;
}

export function createOutbox(db: Database, { log }: { log: Logger }): Outbox {
  return {
    takeOwnership: (signal, onStandby) => takeOwnership(db, { log, signal, onStandby }),
    announce: createAnnouncer(db, log),
    async backlog() {
      const { rows } = await db.query<Backlog>(backlogSql);
      return rows[0] as Backlog;
    },
  };
}

const backlogSql = `
  select rows, "oldestId", "oldestSeconds", refused, held, "refusedSeconds"
  from (
    select count(*)::int as rows, min(id) as "oldestId",
           coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds"
    from outbox
  ) as unsent, (
    select count(refusal)::int as refused, (count(*) - count(refusal))::int as held,
           coalesce(extract(epoch from now() - min(created_at) filter (where refusal is not null)), 0)::float8
             as "refusedSeconds"
    from outbox_aside
  ) as aside`;
