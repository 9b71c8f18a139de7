import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@brew/postgres';

/** Any numbers do, as long as they are the same for all instances, and different from those of @brew/postgres. */
const locks = {
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
