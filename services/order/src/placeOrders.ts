import { createHash } from 'node:crypto';
import { OrderPlaced, uuidv7 } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Request } from '@brew/service';
import type { Order } from './domain/order.ts';
import { type FieldError, type Offer, type OrderRequest, placeOrder } from './domain/placeOrder.ts';
import { paymentKey } from './publish.ts';
import { claimIdempotencyKeys, findIdempotencyKeys, type KeyUse } from './store/idempotencyKeys.ts';
import { findOrders, insertOrders, type NewOrder } from './store/orders.ts';
import { addRechecks } from './store/paymentJobs.ts';

/** What a customer asks for, and the Idempotency-Key that came with it. */
export interface Placing {
  body: OrderRequest;
  key: string | undefined;
}

/**
 * What became of it. `placed`: by this request, or by an earlier one with the same key and body. `reused`: the key was
 * used for something else. `busy`: it was used at this moment, and is free again.
 */
export type Placement =
  | { outcome: 'placed'; order: Order }
  | { outcome: 'refused'; errors: FieldError[] }
  | { outcome: 'reused' | 'busy' };

interface PlaceOrdersOptions {
  offer: Offer;
  unansweredTimeoutSeconds: number;
  recheckSeconds: number;
  now(): Date;
}

/** Places the orders of all requests that came at about the same time, in one transaction. */
export function createPlaceOrders({
  offer,
  unansweredTimeoutSeconds,
  recheckSeconds,
  now,
}: PlaceOrdersOptions) {
  return async function placeOrders(tx: Tx, requests: readonly Request<Placing>[]): Promise<Placement[]> {
    const at = now().getTime();
    const drafts = requests.map(({ item }) => draft(item, offer, at));
    const claimed = await claimIdempotencyKeys(tx, drafts.flatMap(useOf));
    const isNew = ({ order, key }: Draft) => order && (key === undefined || claimed.has(order.orderId));

    const placed: NewOrder[] = [];
    for (const [index, made] of drafts.entries()) {
      const request = requests[index];
      if (!request || !made.order || !isNew(made)) continue;
      const { orderId, cafeId, customer, items, total, times, channel } = made.order;
      const data = { orderId, cafeId, customer, items, total, placedAt: times.placed, channel };
      const causationId = request.work.emit(OrderPlaced, data);
      placed.push({ order: made.order, cause: { ...request.cause, causationId } });
    }
    await insertOrders(tx, placed, unansweredTimeoutSeconds);
    const jobs = placed.map(({ order: { orderId, total: amount }, cause }) => ({
      ...{ key: paymentKey(orderId), orderId, amount, cause },
    }));
    await addRechecks(tx, jobs, recheckSeconds);

    const uses = await findIdempotencyKeys(
      tx,
      drafts.flatMap((made) => (made.key === undefined || isNew(made) ? [] : made.key)),
    );
    const earlier = await findOrders(
      tx,
      [...uses.values()].map(({ orderId }) => orderId),
    );
    const orders = new Map(earlier.map(({ order }) => [order.orderId, order]));

    return drafts.map((made): Placement => {
      const { order, errors, key, fingerprint } = made;
      if (order && isNew(made)) return { outcome: 'placed', order };
      // Also for what would be refused today: it was ordered while it was on the menu.
      const use = key === undefined ? undefined : uses.get(key);
      if (use && !use.fingerprint.equals(fingerprint)) return { outcome: 'reused' };
      const before = use && orders.get(use.orderId);
      if (before) return { outcome: 'placed', order: before };
      return errors ? { outcome: 'refused', errors } : { outcome: 'busy' };
    });
  };
}

interface Draft {
  key: string | undefined;
  fingerprint: Buffer;
  order?: Order;
  /** Why there is no order. It leaves its key free, for the order as it should have been. */
  errors?: FieldError[];
}

function draft({ body, key }: Placing, offer: Offer, at: number): Draft {
  const fingerprint = sha256(JSON.stringify(body)).digest();
  return { key: key && keyOf(body.customer, key), fingerprint, ...placeOrder(body, offer, uuidv7(), at) };
}

/** A customer's keys are their own: `1` of one of them says nothing about `1` of another. */
const keyOf = ({ name, address }: OrderRequest['customer'], key: string) =>
  `${sha256(`${name}\n${address}`).digest('hex')}/${key}`;

const sha256 = (text: string) => createHash('sha256').update(text);

const useOf = ({ key, fingerprint, order }: Draft): KeyUse[] =>
  order && key !== undefined ? [{ key, fingerprint, orderId: order.orderId }] : [];
