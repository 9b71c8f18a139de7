import { problem } from '@brew/service';
import { z } from 'zod';

/** Headers of what moves money. */
export const credentials = z.object({
  authorization: z.string().optional(),
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .describe(
      'any text of your own; a request that is repeated with it is answered as the first, and moves nothing',
    ),
});

/** @throws HttpProblem 401 unless the caller has our key */
export function requireApiKey({ authorization }: z.output<typeof credentials>, apiKey: string): void {
  if (authorization !== `Bearer ${apiKey}`) {
    throw problem(401, 'API_KEY_INVALID', 'Show your key as: Authorization: Bearer KEY.');
  }
}

/** A key stands for one request, and this is another one. */
export const keyReused = () =>
  problem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different request.');
