import type { Tx } from '@brew/postgres';
import { isAt } from '../build/positions.ts';
import { type CodedGeneration, liveGenerations } from '../projector/fed.ts';
import { dropGeneration, makeLive, setBehind } from '../store/generations.ts';
import type { ReplayContext } from './catchUp.ts';

/**
 * Makes live what was built; live events are read into it from where it is. Live ones that are elsewhere, since they could not go on,
 * are behind it from then on.
 * @param replaces whether those that were live are removed instead of kept
 */
export async function switchTo(
  tx: Tx,
  { projections }: ReplayContext,
  built: readonly CodedGeneration[],
  { replaces = false } = {},
): Promise<void> {
  const before = await liveGenerations(tx, projections);
  const becoming = built.filter(({ state }) => state === 'building');
  await makeLive(tx, becoming);
  await setBehind(tx, built, false);
  const live = await liveGenerations(tx, projections);
  const positions = live.find(({ schema }) => schema === built[0]?.schema)?.positions ?? [];
  await setBehind(
    tx,
    live.filter((one) => !isAt(one.positions, positions)),
    true,
  );
  if (!replaces) return;
  const replaced = new Set(becoming.map(({ projection }) => projection));
  for (const old of before) if (replaced.has(old.projection)) await dropGeneration(tx, old);
}
