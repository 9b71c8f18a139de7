import { cafeOf } from '@brew/events';
import { problem } from '@brew/service';
import { z } from 'zod';

export const cafeParams = z.strictObject({ id: z.string().max(50) });

/** What a cafe has and has not promised to anybody. */
export const stockView = z.object({
  cafeId: z.string(),
  items: z.array(
    z.object({
      sku: z.string(),
      available: z.int(),
      par: z.int().describe('how many there are when the shelf is full'),
    }),
  ),
});

/** @throws HttpProblem 404 when there is no such cafe */
export function requireCafe(id: string): void {
  if (cafeOf(id) === undefined) throw problem(404, 'CAFE_NOT_FOUND', `There is no cafe ${id}.`);
}
