import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Shop, ShopError } from '../shop.ts';
import { sparingly } from '../sparingly.ts';
import { createArrivals } from './arrivals.ts';
import { type Assortment, type Customer, customer, type Habits } from './generator.ts';

/** What became of an arrival, or of a wish to cancel. */
export type CrowdOutcome =
  | 'accepted'
  /** The shop said no: a 4xx. */
  | 'refused'
  /** No answer that counts, however often it was asked. */
  | 'failed'
  /** Not even asked, because too many others were waiting for their answers. */
  | 'turned_away'
  | 'cancelled'
  | 'cancelled_too_late'
  | 'cancel_failed';

export interface CrowdOptions {
  shop: Shop;
  /** Orders per second, on average. */
  rate: number;
  seed: number;
  habits: Habits;
  /** What can be ordered now. */
  assortment(): Assortment;
  /** Customers who may wait for their answers at the same time; those who come then are turned away, and counted. */
  maxOutstanding: number;
  log: Logger;
  onOutcome(outcome: CrowdOutcome): void;
}

export interface Crowd {
  start(): void;
  /** Nobody comes any more, and wishes to cancel are forgotten. */
  stop(): void;
  outstanding(): number;
}

/** How long customers wait before they try again, with the same Idempotency-Key, what got no answer. */
const RETRY_PAUSES_MS = [250, 1_000, 3_000];

/** Customers who order, and some of whom cancel. The same seed brings the same customers at the same times. */
export function createCrowd(options: CrowdOptions): Crowd {
  const { shop, rate, seed, habits, assortment, maxOutstanding, log, onOutcome } = options;
  // Orders repeat from start to start, keys must not: the shop would take them for repetitions of the last run's.
  const run = randomUUID();
  const changesOfMind = new Set<NodeJS.Timeout>();
  const stopping = new AbortController();
  const complain = sparingly((reason, times) => log.warn({ reason, times }, 'orders not placed'));
  let outstanding = 0;

  const arrivals = createArrivals({
    rate,
    next: (n) => customer(seed, n, assortment(), habits),
    onArrival: (arrival, n) => void serve(arrival, n),
  });

  async function serve({ order, cancelAfterMs }: Customer, n: number): Promise<void> {
    if (outstanding >= maxOutstanding) return onOutcome('turned_away');
    outstanding += 1;
    try {
      const { orderId } = await insist(() => shop.placeOrder(order, `${run}-${n}`));
      onOutcome('accepted');
      if (cancelAfterMs !== undefined) cancelLater(orderId, cancelAfterMs);
    } catch (error) {
      if (stopping.signal.aborted) return;
      onOutcome(isRefusal(error) ? 'refused' : 'failed');
      complain(String(error));
    } finally {
      outstanding -= 1;
    }
  }

  /** Tries again what got no answer or a 5xx; a refusal is final. */
  async function insist<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    for (const pauseMs of RETRY_PAUSES_MS) {
      try {
        return await attempt();
      } catch (error) {
        if (isRefusal(error)) throw error;
        await delay(pauseMs, undefined, { signal: stopping.signal });
      }
    }
    return attempt();
  }

  function cancelLater(orderId: string, afterMs: number): void {
    if (stopping.signal.aborted) return;
    const timer = setTimeout(async () => {
      changesOfMind.delete(timer);
      try {
        onOutcome((await insist(() => shop.cancelOrder(orderId))) ? 'cancelled' : 'cancelled_too_late');
      } catch (error) {
        if (stopping.signal.aborted) return;
        onOutcome('cancel_failed');
        log.warn({ orderId, reason: String(error) }, 'order not cancelled');
      }
    }, afterMs);
    changesOfMind.add(timer);
  }

  return {
    start: arrivals.start,
    stop() {
      arrivals.stop();
      stopping.abort();
      for (const timer of changesOfMind) clearTimeout(timer);
    },
    outstanding: () => outstanding,
  };
}

/** 429 is a "later", not a "no". */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ShopError) || error.status === undefined) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 429;
}
