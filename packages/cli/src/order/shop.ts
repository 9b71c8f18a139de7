import type { Assortment, OrderRequest } from '@brew/simulator';
import { RequestFailedError } from '../errors.ts';
import { readSse } from './sse.ts';

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

interface Problem {
  detail?: string;
  errors?: { field?: string; message: string }[];
}

const TIMEOUT_MS = 15_000;

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
  const response = await request(`${orderUrl}/orders/${orderId}/events`, { signal });
  for await (const { event, data } of readSse(response.body ?? emptyBody())) {
    if (event === 'order') yield JSON.parse(data) as OrderView;
  }
}

async function call<Answer>(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Answer> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await request(url, { ...init, signal });
  return (await response.json()) as Answer;
}

/** @throws RequestFailedError in the service's own words, or saying that it does not answer */
async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    const { origin } = new URL(url);
    throw new RequestFailedError(`${origin} does not answer. See what runs with: npx brew status`, error);
  }
  if (response.ok) return response;
  const { detail, errors = [] } = (await response.json().catch(() => ({}))) as Problem;
  const what = [
    detail ?? `${url} answered ${response.status}.`,
    ...errors.map(({ message }) => `${message}.`),
  ];
  throw new RequestFailedError(`${what.join(' ')} The menu is at GET /menu of the catalog.`);
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
