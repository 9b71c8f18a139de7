import { randomUUID } from 'node:crypto';
import { delay } from '@brew/kafka';
import { createArrivals, randomOrder } from '@brew/simulator';
import type { Addresses } from '../addresses.ts';
import { RequestFailedError } from '../errors.ts';
import { fetchAssortment, postOrder } from '../order/shop.ts';

/** An order that was answered with 201. Times are those of performance.now(). */
interface AcceptedOrder {
  orderId: string;
  sentAt: number;
}

/** Customers of the drill's own. */
export interface Customers extends AsyncDisposable {
  readonly accepted: readonly AcceptedOrder[];
  /** Orders that were not accepted at the first attempt, and what the last of them was told. */
  readonly refused: { count: number; why: string | undefined };
  /** Nobody comes any more. Resolves when everybody has an answer, or has given up. */
  close(): Promise<void>;
}

const AGAIN_MS = 500;
/** How long a customer tries again when the shop is closing. */
const PATIENCE_MS = 15_000;

/**
 * Places orders at a steady rate, whatever becomes of them; one that is not accepted is tried again under the same key.
 * @param rate orders a second
 * @throws RequestFailedError: there is no menu
 */
export async function sendCustomers(
  { services }: Pick<Addresses, 'services'>,
  rate: number,
): Promise<Customers> {
  const giveUp = new AbortController();
  const assortment = await fetchAssortment(services.catalog, giveUp.signal);
  const accepted: AcceptedOrder[] = [];
  const refused: Customers['refused'] = { count: 0, why: undefined };
  const visits = new Set<Promise<void>>();

  async function visit(): Promise<void> {
    const order = randomOrder(Math.random, assortment);
    const key = randomUUID();
    for (let attempt = 1; !giveUp.signal.aborted; attempt++) {
      const sentAt = performance.now();
      try {
        const { orderId } = await postOrder(services.order, order, key, giveUp.signal);
        accepted.push({ orderId, sentAt });
        return;
      } catch (error) {
        if (!(error instanceof RequestFailedError)) throw error;
        if (attempt === 1) refused.count++;
        refused.why = error.message;
        await delay(AGAIN_MS, giveUp.signal);
      }
    }
  }

  const arrivals = createArrivals({
    rate,
    next: () => ({ gap: 1 }),
    onArrival() {
      const visiting = visit().finally(() => visits.delete(visiting));
      visits.add(visiting);
    },
  });
  arrivals.start();

  return {
    accepted,
    refused,
    async close() {
      arrivals.stop();
      const late = setTimeout(() => giveUp.abort(), PATIENCE_MS);
      await Promise.all(visits);
      clearTimeout(late);
    },
    async [Symbol.asyncDispose]() {
      arrivals.stop();
      giveUp.abort();
      await Promise.allSettled(visits);
    },
  };
}
