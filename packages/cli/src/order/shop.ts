import type { Assortment, OrderRequest } from '@brew/simulator';
import { request } from '../request.ts';
import { readSse } from '../sse.ts';

/** An order as GET /orders/:id shows it; of it, what is printed. */
export interface OrderView {
  orderId: string;
  cafeId: string;
  status: string;
  /** Why it was cancelled. */
  reason?: string;
  /** ISO 8601, by state. */
  times: Record<string, string>;
  items: { name: string; quantity: number }[];
  total: { amount: number; currency: string };
}

const TIMEOUT_MS = 15_000;
const HINT = 'The menu is at GET /menu of the catalog.';

/** What can be ordered, and where. */
export async function fetchAssortment(catalogUrl: string, signal: AbortSignal): Promise<Assortment> {
  const [{ items }, { cafes }] = await Promise.all([
    call<{ items: Assortment['menu'] }>(`${catalogUrl}/menu`, { signal }),
    call<{ cafes: { id: string }[] }>(`${catalogUrl}/cafes`, { signal }),
  ]);
  return { menu: items, cafes: cafes.map(({ id }) => id) };
}

/** @param idempotencyKey the same for each repetition of the same wish */
export function postOrder(
  orderUrl: string,
  order: OrderRequest,
  idempotencyKey: string,
  signal: AbortSignal,
): Promise<{ orderId: string }> {
  return call(`${orderUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify(order),
    signal,
  });
}

/** The order as it is, and again after each change, until the service ends the stream. */
export async function* followOrder(
  orderUrl: string,
  orderId: string,
  signal: AbortSignal,
): AsyncGenerator<OrderView> {
  const response = await request(`${orderUrl}/orders/${orderId}/events`, { signal }, HINT);
  for await (const { event, data } of readSse(response.body)) {
    if (event === 'order') yield JSON.parse(data) as OrderView;
  }
}

async function call<Answer>(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Answer> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await request(url, { ...init, signal }, HINT);
  return (await response.json()) as Answer;
}
