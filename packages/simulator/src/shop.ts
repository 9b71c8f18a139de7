import type { Assortment, OrderRequest } from './customers/generator.ts';

/** The shop refused a request, or failed. `status` is undefined when nothing answered. */
export class ShopError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause?: unknown) {
    super(message, { cause });
    this.name = 'ShopError';
    this.status = status;
  }
}

/** The shop as the outside world sees it: its public HTTP API, and the staff's route for deliveries. */
export interface Shop {
  assortment(): Promise<Assortment>;
  placeOrder(order: OrderRequest, idempotencyKey: string): Promise<{ orderId: string }>;
  /** Whether the shop still takes it; false when it is too late. */
  cancelOrder(orderId: string): Promise<boolean>;
  stock(cafeId: string): Promise<StockLine[]>;
  deliver(cafeId: string, items: { sku: string; quantity: number }[]): Promise<void>;
}

export interface StockLine {
  sku: string;
  available: number;
  /** How many there are when the shelf is full. */
  par: number;
}

const TIMEOUT_MS = 10_000;

export interface ShopOptions {
  orderUrl: string;
  catalogUrl: string;
  staffToken: string;
  /** Gives up whatever is under way. */
  signal: AbortSignal;
}

export function createShop({ orderUrl, catalogUrl, staffToken, signal }: ShopOptions): Shop {
  async function call<Answer>(url: string, init: RequestInit = {}): Promise<Answer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        ...init,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      text = await response.text();
    } catch (error) {
      throw new ShopError(`${url} did not answer`, undefined, error);
    }
    if (!response.ok)
      throw new ShopError(`${url}: ${response.status} ${text.slice(0, 200)}`, response.status);
    return JSON.parse(text) as Answer;
  }

  const post = <Answer>(url: string, body: unknown, headers: Record<string, string> = {}) =>
    call<Answer>(url, {
      method: 'POST',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });

  return {
    async assortment() {
      const [{ items }, { cafes }] = await Promise.all([
        call<{ items: Assortment['menu'] }>(`${catalogUrl}/menu`),
        call<{ cafes: { id: string }[] }>(`${catalogUrl}/cafes`),
      ]);
      return { menu: items, cafes: cafes.map(({ id }) => id) };
    },
    placeOrder: (order, idempotencyKey) =>
      post(`${orderUrl}/orders`, order, { 'idempotency-key': idempotencyKey }),
    async cancelOrder(orderId) {
      try {
        await post(`${orderUrl}/orders/${orderId}/cancel`, undefined);
        return true;
      } catch (error) {
        if (error instanceof ShopError && error.status === 409) return false;
        throw error;
      }
    },
    async stock(cafeId) {
      return (await call<{ items: StockLine[] }>(`${catalogUrl}/cafes/${cafeId}/stock`)).items;
    },
    async deliver(cafeId, items) {
      await post(`${catalogUrl}/cafes/${cafeId}/stock`, { items }, { authorization: `Bearer ${staffToken}` });
    },
  };
}
