import type { Tx } from '@brew/postgres';
import type { Position } from '../build/positions.ts';
import type { Projection } from '../projections/projection.ts';
import { type Generation, listGenerations, positionsOf } from '../store/generations.ts';

/** A live generation, and the code of its projection. */
export interface LiveGeneration extends Generation {
  code: Projection;
  positions: Position[];
}

/** The live generations of these projections. */
export async function liveGenerations(db: Tx, projections: readonly Projection[]): Promise<LiveGeneration[]> {
  const live = (await listGenerations(db)).filter(({ state }) => state === 'live');
  return Promise.all(
    live.flatMap((generation) => {
      const code = projections.find(({ name }) => name === generation.projection);
      return code
        ? [positionsOf(db, generation).then((positions) => ({ ...generation, code, positions }))]
        : [];
    }),
  );
}

/**
 * Of the live generations those that live events are read into: made by this very code, and all of them equally far, so that one reading
 * does for all. Of those that differ, the ones that are furthest: the others have to be brought there first.
 */
export function fedOf(live: readonly LiveGeneration[]): LiveGeneration[] {
  const own = live.filter(({ code, version }) => code.version === version);
  const groups = Map.groupBy(own, ({ positions }) => placeOf(positions));
  const furthest = [...groups.values()].sort((a, b) => distanceOf(b) - distanceOf(a));
  return furthest[0] ?? [];
}

const placeOf = (positions: readonly Position[]) =>
  positions.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`).join();

const distanceOf = ([first]: readonly LiveGeneration[]) =>
  (first?.positions ?? []).reduce((sum, { offset }) => sum + Number(offset), 0);
