import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { untilAvailable } from '../untilAvailable.ts';
import type { OutboxRow } from './appendOutbox.ts';

export interface UnsentRow extends OutboxRow {
  id: string;
}

/**
 * The right to relay this outbox, held by the session of one connection. Everything runs on that very connection, so
 * who has lost it can't go on by mistake: its next read fails.
 */
export interface Ownership extends AsyncDisposable {
  /** Aborted when the connection is lost (or released): another instance may own the outbox already. */
  lost: AbortSignal;
  /**
   * The oldest unsent rows, no more than some megabytes of them. "Unsent" is all that is asked: a transaction takes its numbers before it commits, so a row
   * may appear below numbers that are already sent, and `id > last` would skip it for ever.
   *
   * Left out are rows that were set aside, those of their topic and key behind them, and those of topics that take nothing for the
   * moment.
   */
  unsent(limit: number, withoutTopics?: readonly string[]): Promise<UnsentRow[]>;
  /** Call it only after Kafka acknowledged all of them. */
  markSent(ids: string[]): Promise<void>;
  /** Kafka refuses these rows for what they are: see refusals.ts for the way back. */
  setAside(refused: readonly { id: string; refusal: string }[]): Promise<void>;
  release(): Promise<void>;
}

/** Any number does, as long as it is the same for all instances and different from the migrations'. */
const OWNER_LOCK = 7_241_866;
const RETRY_MS = 2_000;
/** Of the values that are read at once: 500 rows of the largest that a topic takes would be half a gigabyte. */
const MAX_BYTES = 8 * 1024 * 1024;

export async function takeOwnership(
  db: Database,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<Ownership> {
  return untilAvailable(
    async () => {
      const client = await db.connect();
      try {
        // A delete that a crash of PostgreSQL takes back means a batch sent twice: nothing to wait for the disk for.
        await client.query('set synchronous_commit = off');
        await waitForLock(client, signal);
      } catch (error) {
        await client.end();
        throw error;
      }
      return own(client);
    },
    { log, signal },
  );
}

/**
 * Tries every 2 s instead of waiting in `pg_advisory_lock`: a waiting statement holds a snapshot, and for as long as
 * that lives vacuum can't remove a single row that the owner has deleted since.
 */
async function waitForLock(client: pg.Client, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ owner: boolean }>('select pg_try_advisory_lock($1) as owner', [
      OWNER_LOCK,
    ]);
    if (rows[0]?.owner) return;
    await sleep(RETRY_MS, undefined, { signal });
  }
}

function own(client: pg.Client): Ownership {
  const lost = new AbortController();
  client.once('end', () => lost.abort(new Error('lost the ownership of the outbox: its connection is gone')));

  const ownership: Ownership = {
    lost: lost.signal,
    async unsent(limit, withoutTopics = []) {
      const { rows } = await client.query<UnsentRow>({
        name: 'unsent',
        // `not in`, not `not exists`: that is looked up in a hash along the index of ids, and never becomes a join that would sort
        // the whole backlog for each batch.
        text: `select id, topic, key, value, headers
               from (
                 select *, coalesce(sum(octet_length(value)) over (order by id rows between unbounded preceding and 1 preceding), 0)
                   as bytes_before
                 from (
                   select id, topic, key, value, headers from outbox
                   where refused_at is null and topic <> all ($2)
                     and (topic, key) not in (select topic, key from outbox where refused_at is not null)
                   order by id limit $1
                 ) as oldest
               ) as sized
               where bytes_before < $3
               order by id`,
        values: [limit, withoutTopics, MAX_BYTES],
      });
      return rows;
    },
    async markSent(ids) {
      await client.query({
        name: 'mark-sent',
        text: 'delete from outbox where id = any ($1::bigint[])',
        values: [ids],
      });
    },
    async setAside(refused) {
      await client.query({
        name: 'set-aside',
        text: `update outbox set refused_at = now(), refusal = refused.refusal
               from unnest($1::bigint[], $2::text[]) as refused (id, refusal) where outbox.id = refused.id`,
        values: [refused.map(({ id }) => id), refused.map(({ refusal }) => refusal)],
      });
    },
    async release() {
      await client.end(); // the session's locks end with it
    },
    [Symbol.asyncDispose]: () => ownership.release(),
  };
  return ownership;
}
