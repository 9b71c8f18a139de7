import { createHash } from 'node:crypto';
import { OrderPlaced, uuidv7 } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Request } from '@brew/service';
import type { Order } from './domain/order.ts';
import { type FieldError, type Offer, type OrderRequest, placeOrder } from './domain/placeOrder.ts';
import { claimIdempotencyKeys, findIdempotencyKeys, type KeyUse } from './store/idempotencyKeys.ts';
import { findOrders, insertOrders, type NewOrder } from './store/orders.ts';

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
  paymentTimeoutSeconds: number;
  now(): Date;
}

/** Places the orders of all requests that came at about the same time, in one transaction. */
export function createPlaceOrders({ offer, paymentTimeoutSeconds, now }: PlaceOrdersOptions) {
  return async function placeOrders(tx: Tx, requests: readonly Request<Placing>[]): Promise<Placement[]> {
    const known = await findIdempotencyKeys(
      tx,
      requests.flatMap(({ item }) => item.key ?? []),
    );
    const drafts = requests.map(({ item }) => draft(item, known, offer, now().getTime()));

    // Of requests with the same key, in this process or another, one gets it; the others find what it was used for.
    const uses = drafts.flatMap((made) => (made.type === 'new' && made.use ? [made.use] : []));
    const claimed = await claimIdempotencyKeys(tx, uses);
    const taken = await findIdempotencyKeys(
      tx,
      uses.filter(({ key }) => !claimed.has(key)).map(({ key }) => key),
    );

    const placed: NewOrder[] = [];
    for (const [index, made] of drafts.entries()) {
      const request = requests[index];
      if (made.type !== 'new' || !request || (made.use && !claimed.has(made.use.key))) continue;
      const { orderId, cafeId, customer, items, total, times } = made.order;
      const data = { orderId, cafeId, customer, items, total, placedAt: times.placed };
      const causationId = request.work.emit(OrderPlaced, data);
      placed.push({ order: made.order, cause: { ...request.cause, causationId } });
    }
    await insertOrders(tx, placed, paymentTimeoutSeconds);

    const settled = drafts.map((made) => settle(made, claimed, taken));
    const earlier = await findOrders(
      tx,
      settled.flatMap((end) => (end.outcome === 'repeated' ? end.orderId : [])),
    );
    const orders = new Map(earlier.map(({ order }) => [order.orderId, order]));
    return settled.map((end): Placement => {
      if (end.outcome !== 'repeated') return end;
      const order = orders.get(end.orderId);
      return order ? { outcome: 'placed', order } : { outcome: 'busy' };
    });
  };
}

type Draft =
  | { type: 'new'; order: Order; use: KeyUse | undefined }
  | { type: 'known'; fingerprint: Buffer; earlier: KeyUse }
  | { type: 'refused'; errors: FieldError[] };

/** Decides about a request, and notes in `known` what its key is to be used for. */
function draft({ body, key }: Placing, known: Map<string, KeyUse>, offer: Offer, at: number): Draft {
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest();
  const earlier = key === undefined ? undefined : known.get(key);
  if (earlier) return { type: 'known', fingerprint, earlier };

  const decided = placeOrder(body, offer, uuidv7(), at);
  // A refused order leaves its key free, for the order as it should have been.
  if ('errors' in decided) return { type: 'refused', errors: decided.errors };
  const use = key === undefined ? undefined : { key, fingerprint, orderId: decided.order.orderId };
  if (use) known.set(use.key, use);
  return { type: 'new', order: decided.order, use };
}

type Settled = Placement | { outcome: 'repeated'; orderId: string };

function settle(made: Draft, claimed: ReadonlySet<string>, taken: ReadonlyMap<string, KeyUse>): Settled {
  switch (made.type) {
    case 'refused':
      return { outcome: 'refused', errors: made.errors };
    case 'known': {
      // It may be of this very transaction, and lost to another one.
      const use = taken.get(made.earlier.key) ?? made.earlier;
      return repeat(use, made.fingerprint);
    }
    case 'new': {
      const { use, order } = made;
      if (!use || claimed.has(use.key)) return { outcome: 'placed', order };
      const other = taken.get(use.key);
      return other ? repeat(other, use.fingerprint) : { outcome: 'busy' };
    }
    default:
      return made satisfies never;
  }
}

const repeat = (use: KeyUse, fingerprint: Buffer): Settled =>
  use.fingerprint.equals(fingerprint) ? { outcome: 'repeated', orderId: use.orderId } : { outcome: 'reused' };
