import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const milliseconds = z.int().min(0).max(3_600_000);

/** How well the provider behaves. Fractions are of all payments; they are drawn one by one, so several can meet. */
export const behaviourShape = z.strictObject({
  declineRate: fraction.describe('payments that are declined'),
  lateRate: fraction.describe('payments that take lateMs instead of delayMs'),
  duplicateRate: fraction.describe('payments whose result is told twice'),
  outOfOrderRate: fraction.describe('payments whose "processing" is told only after the result'),
  silentRate: fraction.describe('payments that get stuck: no money is taken and nothing is told, ever'),
  delayMs: milliseconds.describe('how long a payment takes, on average'),
  lateMs: milliseconds.describe('how long a late payment takes'),
});

export type Behaviour = z.infer<typeof behaviourShape>;
