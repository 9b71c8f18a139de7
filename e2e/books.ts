import type { Brew } from './brew.ts';

interface Money {
  amount: number;
  currency: string;
}

/** What order-service knows of an order. */
export interface OrderBook {
  orderId: string;
  cafeId: string;
  status: string;
  reason?: string;
  payment: string;
  items: { sku: string; name: string; category: string; quantity: number; unitPrice: Money }[];
  total: Money;
}

/** What the payment provider knows of a payment. */
export interface PaymentBook {
  orderId: string;
  amount: Money;
  status: 'pending' | 'succeeded' | 'failed' | 'cancelled';
  refunded: number;
}

interface Sold {
  orders: number;
  total: Money;
}

/** What analytics tells. */
export interface Reports {
  sales: { totals: Sold[]; sales: (Sold & { cafeId: string })[] };
  funnel: Record<'placed' | 'stockReserved' | 'paid' | 'started' | 'delivered' | 'refunded', number> & {
    cancelled: { total: number; byReason: Record<string, number> };
  };
  topDrinks: { sku: string; quantity: number; orders: number }[];
}

/** What everybody has written down, each read over their own HTTP. */
export function openBooks({ url }: Pick<Brew, 'url'>) {
  return {
    orders: (orderIds: string[]): Promise<OrderBook[]> =>
      inTurns(orderIds, (orderId) => get(`${url('order')}/orders/${orderId}`)),

    /** Of all orders together. */
    async payments(orderIds: string[]): Promise<PaymentBook[]> {
      const pages = await inTurns(orderIds, (orderId) =>
        get<{ payments: PaymentBook[] }>(`${url('simulator')}/payments?orderId=${orderId}`),
      );
      return pages.flatMap(({ payments }) => payments);
    },

    /** How many webhooks the provider has still to deliver. */
    async pendingWebhooks(): Promise<number> {
      const metrics = await (await fetch(`${url('simulator')}/metrics`)).text();
      return Number(/^brew_webhooks_pending\S* (\d+)$/m.exec(metrics)?.[1]);
    },

    async reports(): Promise<Reports> {
      const report = <Report>(name: string) => get<Report>(`${url('analytics')}/reports/${name}`);
      const [sales, funnel, { drinks }] = await Promise.all([
        report<Reports['sales']>('sales'),
        report<Reports['funnel']>('funnel'),
        report<{ drinks: Reports['topDrinks'] }>('top-drinks?limit=100'),
      ]);
      return { sales, funnel, topDrinks: drinks };
    },
  };
}

/** A few at a time: hundreds of requests at once would only wait for each other. */
async function inTurns<Item, Answer>(items: Item[], ask: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let next = 0; next < items.length; next += 20)
    answers.push(...(await Promise.all(items.slice(next, next + 20).map(ask))));
  return answers;
}

async function get<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
