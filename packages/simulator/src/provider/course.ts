import { chance, pick, type Random } from '../random.ts';
import type { Behaviour } from './behaviour.ts';

/** What will become of a payment, decided when it is asked for. */
export interface Course {
  /** Stuck: it stays pending for ever, and no money is taken. */
  outcome: 'succeeded' | 'failed' | 'stuck';
  /** Why it failed, when it did. */
  reason: string | undefined;
  /** When the outcome holds, in milliseconds from now. */
  settlesAfterMs: number;
  webhooks: PlannedWebhook[];
}

interface PlannedWebhook {
  type: 'payment.processing' | 'payment.succeeded' | 'payment.failed';
  /** When it happened, and when it is sent, in milliseconds from now. */
  happensAfterMs: number;
  sentAfterMs: number;
}

/** How long after the result what should have come before it, or has come already, is sent. */
const STRAGGLER_MS = 500;

/** Draws the course of one payment. Pure: the same draws and behaviour give the same course. */
export function drawCourse(random: Random, behaviour: Behaviour): Course {
  // All draws are made for every payment, so that changing one rate doesn't shift what the others hit.
  const stuck = chance(random, behaviour.silentRate);
  const declined = chance(random, behaviour.declineRate);
  const late = chance(random, behaviour.lateRate);
  const twice = chance(random, behaviour.duplicateRate);
  const outOfOrder = chance(random, behaviour.outOfOrderRate);
  const usualMs = Math.round(behaviour.delayMs * (0.5 + random()));
  const reason = pick(random, ['card_declined', 'insufficient_funds', 'card_expired']);
  if (stuck) return { outcome: 'stuck', reason: undefined, settlesAfterMs: 0, webhooks: [] };

  const settlesAfterMs = late ? behaviour.lateMs : usualMs;
  const outcome = declined ? 'failed' : 'succeeded';
  const webhooks: PlannedWebhook[] = [];
  // Only payments that take their time are announced, as with real providers.
  if (late || outOfOrder) {
    const sentAfterMs = outOfOrder ? settlesAfterMs + STRAGGLER_MS : 0;
    webhooks.push({ type: 'payment.processing', happensAfterMs: 0, sentAfterMs });
  }
  const result = { type: `payment.${outcome}`, happensAfterMs: settlesAfterMs } as const;
  webhooks.push({ ...result, sentAfterMs: settlesAfterMs });
  if (twice) webhooks.push({ ...result, sentAfterMs: settlesAfterMs + STRAGGLER_MS });
  return { outcome, reason: declined ? reason : undefined, settlesAfterMs, webhooks };
}
