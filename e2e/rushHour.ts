import { defaultStaffToken } from '@brew/sandbox';
import { until } from '@brew/sandbox/testing';
import { createArrivals, createShop } from '@brew/simulator';
import type { Brew } from './brew.ts';

/** Customers who come in a second: so many that each service has some in hand whenever it is ended. */
const RATE = 4;

/** A cafe each, so that the shelves of no other test lack anything. */
export const cafes = Array.from({ length: 10 }, (_, n) => `cafe-0${n + 70}`);

/** A customer whose order was taken. */
export interface Served {
  orderId: string;
  cafeId: string;
}

export interface RushHour {
  /** Nobody comes any more. Resolves when nobody wants anything any more either. */
  end(): Promise<Served[]>;
}

/**
 * Four customers a second, each with a latte, whatever becomes of those before. Who gets no answer tries again, with the same Idempotency-Key, until
 * the order is taken; one in ten then changes their mind.
 */
export function beginRushHour({ url }: Pick<Brew, 'url'>): RushHour {
  const shop = createShop({
    orderUrl: url('order'),
    catalogUrl: url('catalog'),
    staffToken: defaultStaffToken,
    signal: new AbortController().signal,
  });
  const visits: Promise<Served>[] = [];

  async function visit(n: number): Promise<Served> {
    const cafeId = cafes[n % cafes.length] ?? '';
    const customer = { name: 'Grace Hopper', address: '9 Harbour Lane' };
    const order = { cafeId, items: [{ sku: 'latte', quantity: 1 }], customer, channel: 'app' as const };
    const key = crypto.randomUUID();
    const insist = <Answer>(what: string, attempt: () => Promise<Answer>) =>
      until(async () => [await attempt()] as const, { what: `${what} of customer ${n}` });
    const [{ orderId }] = await insist('the order', () => shop.placeOrder(order, key));
    if (n % 10 === 9) await insist('the cancellation', () => shop.cancelOrder(orderId));
    return { orderId, cafeId };
  }

  const arrivals = createArrivals({
    rate: RATE,
    next: () => ({ gap: 1 }),
    onArrival: (_, n) => {
      const served = visit(n);
      served.catch(() => {}); // told by end()
      visits.push(served);
    },
  });
  arrivals.start();
  return {
    async end() {
      arrivals.stop();
      return await Promise.all(visits);
    },
  };
}
