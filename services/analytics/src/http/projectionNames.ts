import { problem } from '@brew/service';
import { z } from 'zod';
import type { Projection } from '../projections/projection.ts';

/** In bodies: which projections; left out, all of them. */
export const projectionNames = z
  .array(z.string().max(64))
  .min(1)
  .max(100)
  .optional()
  .describe('all of them when left out');

/** @throws HttpProblem 422 naming those that there are not */
export function chosenProjections(
  all: readonly Projection[],
  names: readonly string[] | undefined,
): readonly Projection[] {
  const unknown = (names ?? []).filter((name) => !all.some((projection) => projection.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    throw problem(
      422,
      'PROJECTION_UNKNOWN',
      `There is no projection ${unknown.join(', ')}. Take one or more of: ${known}.`,
    );
  }
  return names === undefined ? all : all.filter(({ name }) => names.includes(name));
}
