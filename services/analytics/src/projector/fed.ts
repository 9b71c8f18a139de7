import type { Tx } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import { type Generation, listGenerations, positionsOf, type StoredPosition } from '../store/generations.ts';

/** A generation with the code of its projection, and how far it is. */
export interface CodedGeneration extends Generation {
  code: Projection;
  positions: StoredPosition[];
}

/** Those in a state, of these projections. */
export async function generationsIn(
  state: Generation['state'],
  db: Tx,
  projections: readonly Projection[],
): Promise<CodedGeneration[]> {
  const found = (await listGenerations(db)).flatMap((generation) => {
    const code = projections.find(({ name }) => name === generation.projection);
    return code && generation.state === state ? [{ ...generation, code }] : [];
  });
  const positions = await positionsOf(db, found);
  return found.map((generation) => ({ ...generation, positions: positions.get(generation.schema) ?? [] }));
}

export const liveGenerations = (db: Tx, projections: readonly Projection[]) =>
  generationsIn('live', db, projections);

/**
 * Of the live generations those that live events are read into: made by this very code, and equally far, so that one reading does for
 * all of them. Should they differ, the ones that are furthest: the others have to be brought there first.
 */
export function fedOf(live: readonly CodedGeneration[]): CodedGeneration[] {
  const ready = live.filter(({ code, version, behind }) => code.version === version && !behind);
  const groups = [...Map.groupBy(ready, ({ positions }) => placeOf(positions)).values()];
  return groups.sort((a, b) => distanceOf(b) - distanceOf(a))[0] ?? [];
}

const placeOf = (positions: readonly StoredPosition[]) =>
  positions.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`).join();

const distanceOf = ([first]: readonly CodedGeneration[]) =>
  (first?.positions ?? []).reduce((sum, { offset }) => sum + Number(offset), 0);
