import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@brew/postgres';

/** Any numbers do, as long as they are the same for all instances, and different from those of @brew/postgres. */
export const locks = {
  /** Held by the session of the instance that reads live events. */
  projector: 7_241_870,
  /** Held by the session of a replay: one at a time. */
  replay: 7_241_871,
  /** Held while live tables are switched, and shared by each transaction that writes them: it comes before the switch, or finds out. */
  switch: 7_241_872,
} as const;

const RETRY_MS = 2_000;

/** Takes a lock that its session holds to its end. @returns whether it was free */
export async function tryLock(session: Tx, name: 'projector' | 'replay'): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    locks[name],
  ]);
  return rows[0]?.taken === true;
}

/** Tries every 2 s instead of waiting in PostgreSQL: a statement that waits holds vacuum back. */
export async function waitForLock(
  session: Tx,
  name: 'projector' | 'replay',
  { signal, onTaken }: { signal: AbortSignal; onTaken(): void },
): Promise<void> {
  while (!(await tryLock(session, name))) {
    onTaken();
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** Nobody writes to live tables from here on until the transaction ends. */
export async function holdLive(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [locks.switch]);
}

/** The same; and if the transaction commits, everybody who writes to them finds out that others are live. */
export async function lockSwitch(tx: Tx): Promise<void> {
  await holdLive(tx);
  await tx.query('update switches set number = number + 1');
}

/** The number of the last switch. From here on until the transaction ends, there is no other. */
export async function shareSwitch(tx: Tx): Promise<bigint> {
  await tx.query('select pg_advisory_xact_lock_shared($1)', [locks.switch]);
  return lastSwitch(tx);
}

export async function lastSwitch(tx: Tx): Promise<bigint> {
  const { rows } = await tx.query<{ number: string }>('select number from switches');
  return BigInt(rows[0]?.number ?? 0);
}

/** How long the statements of a transaction wait for whoever reads a table. Meanwhile all who come after wait behind them. */
const BRIEFLY_MS = 500;

/** From here on the transaction fails instead of waiting for long: a reader may leave its transaction open for hours. See isHeld. */
export async function waitBriefly(tx: Tx): Promise<void> {
  await tx.query(`set local lock_timeout = ${BRIEFLY_MS}`);
}

/** Whether something failed since somebody else held what it waited for: PostgreSQL's lock_not_available. */
export const isHeld = (error: unknown): boolean =>
  (error as { code?: unknown } | undefined)?.code === '55P03';

/** Who reads tables or views of these schemas in a transaction at the moment, in words. */
export async function sessionsIn(db: Tx, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ pid: number; name: string | null; seconds: number | null }>(
    `select pid, application_name as name, floor(extract(epoch from now() - xact_start))::int as seconds
     from pg_stat_activity
     where pid <> pg_backend_pid() and pid in (
       select l.pid from pg_locks l
       join pg_class c on c.oid = l.relation
       join pg_namespace n on n.oid = c.relnamespace
       where l.granted and l.database = (select oid from pg_database where datname = current_database())
         and n.nspname = any($1))
     order by xact_start`,
    [schemas],
  );
  return rows.map(({ pid, name, seconds }) => {
    // PostgreSQL does not tell it of the sessions of other roles.
    const since = seconds === null ? '' : ` for ${seconds} s`;
    return `${name || 'a session without a name'} (pid ${pid}), in a transaction${since}`;
  });
}
