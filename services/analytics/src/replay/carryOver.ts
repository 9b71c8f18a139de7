import type { Database, Tx } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import { columnsIn, createGeneration, type Generation, tablesIn } from '../store/generations.ts';

/**
 * Puts in the place of what was built of the time before its first hour what the live generation has counted of it. To be called when both
 * are exactly as far, and before anything else is read: what comes then counts in any hour.
 */
export async function carryOver(
  tx: Tx,
  { time }: Projection,
  live: Generation,
  built: Generation,
): Promise<void> {
  for (const table of await tablesIn(tx, built)) {
    const columns = (await columnsIn(tx, built, table)).join(', ');
    await tx.query(`delete from ${built.schema}.${table} where ${time} < $1`, [built.builtSince]);
    await tx.query(
      `insert into ${built.schema}.${table} (${columns}) select ${columns} from ${live.schema}.${table} where ${time} < $1`,
      [built.builtSince],
    );
  }
  await markWhole(tx, built, live.hoursSince);
}

/** Nothing is to be carried over any more. */
export async function markWhole(tx: Tx, built: Generation, hoursSince: Date | null): Promise<void> {
  await tx.query(
    'update generations set whole = true, hours_since = $3 where projection = $1 and number = $2',
    [built.projection, built.number, hoursSince],
  );
}

/** Whether a generation of another version has all that the tables of this code want to know. */
export async function carryable(db: Database, code: Projection, live: Generation): Promise<boolean> {
  if (live.version === code.version) return true;
  const nothing = new Error('only looked at');
  let isCarryable = false;
  await db
    .transaction(async (tx) => {
      isCarryable = await hasAll(tx, live, await createGeneration(tx, code));
      throw nothing;
    })
    .catch((error: unknown) => {
      if (error !== nothing) throw error;
    });
  return isCarryable;
}

/** Whether a generation has all tables and columns that another one has. */
export async function hasAll(tx: Tx, live: Generation, built: Generation): Promise<boolean> {
  for (const table of await tablesIn(tx, built)) {
    const there = new Set(await columnsIn(tx, live, table));
    if (!(await columnsIn(tx, built, table)).every((column) => there.has(column))) return false;
  }
  return true;
}
