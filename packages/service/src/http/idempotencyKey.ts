import { z } from 'zod';

/** The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) of a route that takes one. */
export const idempotencyKey = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .optional()
  .describe('Any text of your own. Repeating the request with it, for 24 hours, has no second effect.');
