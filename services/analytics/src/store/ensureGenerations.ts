import type { Database } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import { createGeneration, listGenerations, makeLive, setBehind } from './generations.ts';
import { lockSwitch } from './locks.ts';

/**
 * Makes the first generation, empty and live, of those projections that have none. One that comes to others is behind them. Instances
 * that start together wait for each other.
 */
export async function ensureGenerations(db: Database, projections: readonly Projection[]): Promise<void> {
  const missing = async (tx: Pick<Database, 'query'>) => {
    const known = new Set((await listGenerations(tx)).map(({ projection }) => projection));
    return projections.filter(({ name }) => !known.has(name));
  };
  if ((await missing(db)).length === 0) return;
  await db.transaction(async (tx) => {
    await lockSwitch(tx);
    const isFirst = (await listGenerations(tx)).length === 0;
    for (const projection of await missing(tx)) {
      const generation = await createGeneration(tx, projection);
      await makeLive(tx, [generation]);
      await setBehind(tx, [generation], !isFirst);
    }
  });
}
