import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type OrderRequest, randomOrder } from '@brew/simulator';
import type { Addresses } from '../addresses.ts';
import { RequestFailedError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { OrderedItem } from '../options.ts';
import { heading, isFinal, newSteps } from './renderSteps.ts';
import { fetchAssortment, followOrder, type OrderView, postOrder } from './shop.ts';

export interface OrderOptions {
  cafe?: string;
  item?: OrderedItem[];
  name?: string;
  address?: string;
  json?: boolean;
}

/** How long the order service may be away while its order is followed. */
const PATIENCE_MS = 120_000;

/**
 * Places one order and follows it to its end.
 * @returns whether it was delivered
 * @throws RequestFailedError when it could not be placed, or not be followed to its end
 */
export async function order(
  options: OrderOptions,
  addresses: Addresses,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const request = await choose(options, addresses, signal);
  const { orderId } = await postOrder(addresses.services.order, request, randomUUID(), signal);
  let shown: OrderView | undefined;
  for await (const view of toTheEnd(addresses.services.order, orderId, io, signal)) {
    if (options.json) await io.out(JSON.stringify(view));
    else {
      if (shown === undefined) await io.out(heading(view, io.paint));
      for (const line of newSteps(view, shown, io.paint)) await io.out(line);
    }
    shown = view;
  }
  if (signal.aborted)
    io.note(
      `Order ${orderId} was placed, and goes on. Follow it with: npx brew watch --order ${orderId} --from beginning`,
    );
  return shown?.status === 'delivered';
}

/** What was asked for; the rest is left to chance. */
async function choose(
  { cafe, item, name, address }: OrderOptions,
  addresses: Addresses,
  signal: AbortSignal,
): Promise<OrderRequest> {
  const assortment = await fetchAssortment(addresses.services.catalog, signal);
  const random = randomOrder(Math.random, assortment);
  return {
    ...random,
    ...(cafe !== undefined && { cafeId: cafe }),
    ...(item !== undefined && { items: item }),
    customer: {
      ...random.customer,
      ...(name !== undefined && { name }),
      ...(address !== undefined && { address }),
    },
  };
}

/** The order after each change, across restarts of the service: a stream that breaks is opened again. */
async function* toTheEnd(
  orderUrl: string,
  orderId: string,
  io: Io,
  signal: AbortSignal,
): AsyncGenerator<OrderView> {
  let heardAt = Date.now();
  while (!signal.aborted) {
    try {
      for await (const view of followOrder(orderUrl, orderId, signal)) {
        heardAt = Date.now();
        yield view;
        if (isFinal(view)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (Date.now() - heardAt > PATIENCE_MS) {
        throw new RequestFailedError(
          `Order ${orderId} could not be followed to its end. Try: npx brew watch --order ${orderId} --from beginning`,
          error,
        );
      }
      io.note('The order service does not answer; trying again …');
    }
    await delay(1_000, undefined, { signal }).catch(() => {});
  }
}
