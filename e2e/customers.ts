import { until } from '@brew/sandbox/testing';
import {
  type Assortment,
  createArrivals,
  type createShop,
  customer,
  type OrderRequest,
} from '@brew/simulator';

/** A customer whose order was taken. */
export interface Visit {
  orderId: string;
  order: OrderRequest;
}

export interface CustomersOptions {
  shop: ReturnType<typeof createShop>;
  assortment: Assortment;
  count: number;
  /** Orders per second, on average. */
  rate: number;
  seed: number;
  cancelRate: number;
  /** What the n-th customer, from 0, takes along beside what their seed says. */
  extra(n: number): OrderRequest['items'];
  /** Told when the n-th customer comes, before they order. */
  onArrival(n: number): void;
}

/**
 * The simulator's customers, a given number of them. More stubborn than there: they try again with the same
 * Idempotency-Key until their order is taken. Resolves when nobody wants anything any more, also not to cancel.
 */
export async function serveCustomers(options: CustomersOptions): Promise<Visit[]> {
  const { shop, assortment, count, rate, seed, cancelRate, extra, onArrival } = options;
  const visits: Promise<Visit>[] = [];
  const run = crypto.randomUUID();
  const { promise: allCame, resolve } = Promise.withResolvers<void>();

  const arrivals = createArrivals({
    rate,
    next: (n) => customer(seed, n, assortment, { cancelRate }),
    onArrival({ order, cancelAfterMs }, n) {
      if (n >= count) return;
      onArrival(n);
      const wanted = { ...order, items: [...order.items, ...extra(n)] };
      visits.push(visit(wanted, `e2e-${run}-${n}`, cancelAfterMs));
      if (n === count - 1) resolve();
    },
  });

  async function visit(order: OrderRequest, key: string, cancelAfterMs?: number): Promise<Visit> {
    const insist = <Answer>(what: string, attempt: () => Promise<Answer>) =>
      until(async () => [await attempt()] as const, { what: `${what} of ${key}` });
    const [{ orderId }] = await insist('order', () => shop.placeOrder(order, key));
    if (cancelAfterMs !== undefined) {
      await new Promise((over) => setTimeout(over, cancelAfterMs));
      await insist('cancellation', () => shop.cancelOrder(orderId));
    }
    return { orderId, order };
  }

  arrivals.start();
  await allCame;
  arrivals.stop();
  return Promise.all(visits);
}
