import { z } from 'zod';

export const money = z.strictObject({
  amount: z.int().min(1).describe('in the smallest unit of the currency, such as cents'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR'),
});
