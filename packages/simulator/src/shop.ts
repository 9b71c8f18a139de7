import { callHttp } from '@brew/service';
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
  async function call<Result>(
    url: string,
    method = 'GET',
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Result> {
    const answer = await callHttp(url, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
      signal,
    }).catch((error) => {
      throw new ShopError(`${url} did not answer`, undefined, error);
    });
    const { status, text } = answer;
    if (status < 200 || status > 299) throw new ShopError(`${url}: ${status} ${text.slice(0, 200)}`, status);
    return JSON.parse(text) as Result;
  }

  const post = <Result>(url: string, body: unknown, headers?: Record<string, string>) =>
    call<Result>(url, 'POST', body, headers);

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
