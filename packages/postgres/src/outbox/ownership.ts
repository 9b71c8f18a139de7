import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import type { Session } from '../session.ts';
import { untilAvailable } from '../untilAvailable.ts';
import type { OutboxRow } from './appendOutbox.ts';
import { createUnread, PLANNING } from './unread.ts';

export interface UnsentRow extends OutboxRow {
  id: string;
}

/**
 * The right to relay this outbox, held by the session of one connection: a lease, which ends by itself when its owner is frozen or cut off
 * (see session.ts). Everything runs on that very connection, so who has lost it can't go on by mistake: it can neither read nor delete.
 */
export interface Ownership extends AsyncDisposable {
  /** Aborted when the connection is lost (or released): another instance may own the outbox already. */
  lost: AbortSignal;
  /** Ask right before sending: rows that were read before this process was frozen may be another owner's by now. */
  isHeld(): Promise<boolean>;
  /**
   * The oldest unsent rows that were not handed out yet, in their order, no more than some megabytes of them. Before the page after the next one is
   * asked for, those of this one are marked, or set aside.
   *
   * What comes behind a row that was set aside, of its topic and key, is set aside as well; what may be sent again comes back. Left
   * out are `withoutTopics`, which take nothing for the moment; with others than the last time it begins anew.
   */
  unsent(limit: number, withoutTopics?: readonly string[]): Promise<UnsentRow[]>;
  /** All that is unsent comes again. To be called when nothing of it is on its way to Kafka, nor to being marked. */
  rewind(): void;
  /** Call it only after Kafka acknowledged all of them. */
  markSent(ids: string[]): Promise<void>;
  /** Kafka refuses these rows for what they are: see refusals.ts for the way back. */
  setAside(refused: readonly { id: string; refusal: string }[]): Promise<void>;
  release(): Promise<void>;
}

/** Any number does, as long as it is the same for all instances and different from the migrations'. */
const OWNER_LOCK = 7_241_866;
const RETRY_MS = 2_000;
/** How often to look whether something that was set aside may be sent again. */
const PUT_BACK_MS = 1_000;

/** Only the owner moves rows, so nothing of a key is sent meanwhile. */
const PUT_BACK = `
  with freed as (
    delete from outbox_aside aside
    where not exists (
      select from outbox_aside refused
      where refused.topic = aside.topic and refused.key = aside.key and refused.refusal is not null)
    returning *
  )
  insert into outbox (id, topic, key, value, headers, created_at) overriding system value
  select id, topic, key, value, headers, created_at from freed`;

export async function takeOwnership(
  db: Database,
  { log, signal, onStandby }: { log: Logger; signal: AbortSignal; onStandby?: (() => void) | undefined },
): Promise<Ownership> {
  return untilAvailable(
    async () => {
      const session = await db.connect();
      try {
        // A delete that a crash of PostgreSQL takes back means a batch sent twice: nothing to wait for the disk for.
        await session.query(`set synchronous_commit = off; ${PLANNING}`);
        await waitForLock(session, signal, onStandby);
      } catch (error) {
        await session.end();
        throw error;
      }
      return own(session);
    },
    { log, signal },
  );
}

/**
 * Tries every 2 s instead of waiting in `pg_advisory_lock`: a waiting statement holds a snapshot, and for as long as
 * that lives vacuum can't remove a single row that the owner has deleted since.
 */
async function waitForLock(session: Session, signal: AbortSignal, onStandby = () => {}): Promise<void> {
  for (;;) {
    const { rows } = await session.query<{ owner: boolean }>('select pg_try_advisory_lock($1) as owner', [
      OWNER_LOCK,
    ]);
    if (rows[0]?.owner) return;
    onStandby();
    await sleep(RETRY_MS, undefined, { signal });
  }
}

function own(session: Session): Ownership {
  const unread = createUnread(session);
  let putBackAt = 0;

  async function moveAside(rows: readonly { id: string; refusal: string | null }[]): Promise<void> {
    await session.query({
      name: 'move-aside',
      text: `with moved as (delete from outbox where id = any ($1::bigint[]) returning *)
             insert into outbox_aside (id, topic, key, value, headers, created_at, refusal)
             select id, topic, key, value, headers, created_at, refusal
             from moved join unnest($1::bigint[], $2::text[]) as why (id, refusal) using (id)`,
      values: [rows.map(({ id }) => id), rows.map(({ refusal }) => refusal)],
    });
  }

  const ownership: Ownership = {
    lost: session.lost,
    isHeld: session.isHeld,
    async unsent(limit, withoutTopics = []) {
      if (performance.now() >= putBackAt) {
        putBackAt = performance.now() + PUT_BACK_MS;
        await session.query(PUT_BACK);
      }
      for (;;) {
        const { rows, held } = await unread.next(limit, withoutTopics);
        if (held.size === 0) return rows;
        // Out of the way, or they would be all that is read once there are enough of them.
        const behind = rows.filter(({ id }) => held.has(id));
        await moveAside(behind.map(({ id }) => ({ id, refusal: null })));
        const free = rows.filter(({ id }) => !held.has(id));
        if (free.length > 0) return free;
      }
    },
    rewind: unread.rewind,
    async markSent(ids) {
      await session.query({
        name: 'mark-sent',
        text: 'delete from outbox where id = any ($1::bigint[])',
        values: [ids],
      });
    },
    setAside: moveAside,
    async release() {
      await session.end(); // and with it the lock
    },
    [Symbol.asyncDispose]: () => ownership.release(),
  };
  return ownership;
}
