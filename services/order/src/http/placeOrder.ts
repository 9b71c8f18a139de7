import { createHash } from 'node:crypto';
import { cafeOf, OrderPlaced, uuidv7 } from '@brew/events';
import { type Cause, problem, route, type ServiceContext, type Work } from '@brew/service';
import { z } from 'zod';
import type { OrderConfig } from '../config.ts';
import type { Order } from '../domain/order.ts';
import { placeOrder as decideOrder, type OrderRequest } from '../domain/placeOrder.ts';
import type { Menu } from '../menu.ts';
import { claimIdempotencyKey } from '../store/idempotencyKeys.ts';
import { findOrders, insertOrder } from '../store/orders.ts';
import { money } from './orderView.ts';

const text = (max: number) => z.string().trim().min(1).max(max);

const request = z.strictObject({
  cafeId: text(50),
  items: z
    .array(z.strictObject({ sku: text(50), quantity: z.int().min(1).max(99) }))
    .min(1)
    .max(20),
  customer: z.strictObject({ name: text(100), address: text(300) }),
});

const answer = z.object({ orderId: z.uuid(), status: z.literal('placed'), total: money });

/** The intake. Answers when the order is safe in the database: from then on it ends delivered or cancelled. */
export const placeOrder = ({ transact, now, config }: ServiceContext<OrderConfig>, menu: Menu) => {
  const offer = { hasCafe: (id: string) => cafeOf(id) !== undefined, itemOf: menu.itemOf };

  const place = async (work: Work, body: OrderRequest, orderId: string, cause: Cause): Promise<Order> => {
    const placed = decideOrder(body, offer, orderId, now().getTime());
    if ('errors' in placed) {
      throw problem(422, 'ORDER_INVALID', 'The order can not be placed as it is.', {
        errors: placed.errors.map((error) => ({ in: 'body', ...error })),
      });
    }
    const { order } = placed;
    const { cafeId, customer, items, total, times } = order;
    const eventId = work.emit(
      OrderPlaced,
      { orderId, cafeId, customer, items, total, placedAt: times.placed },
      cause,
    );
    await insertOrder(work.tx, order, { ...cause, causationId: eventId }, config.PAYMENT_TIMEOUT_SECONDS);
    return order;
  };

  /** The order of an earlier request with this key, if there was one. */
  const placedBefore = async ({ tx }: Work, key: string, body: OrderRequest, orderId: string) => {
    const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest();
    const earlier = await claimIdempotencyKey(tx, key, fingerprint, orderId);
    if (earlier === undefined) return undefined;
    if (!earlier.fingerprint.equals(fingerprint)) {
      throw problem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different order.');
    }
    const [stored] = await findOrders(tx, [earlier.orderId]);
    return stored?.order;
  };

  return route({
    method: 'post',
    path: '/orders',
    summary: 'Place an order',
    headers: z.object({
      'idempotency-key': text(255)
        .optional()
        .describe(
          'Any text of your own. Repeating the request with it, for 24 hours, places no second order.',
        ),
    }),
    body: request,
    responses: { 201: { description: 'The order is placed', schema: answer } },
    async handle({ body, headers, cause }) {
      const missing = menu.problem();
      if (missing !== undefined) throw problem(503, 'MENU_NOT_READY', `No orders yet: ${missing}.`);
      const key = headers['idempotency-key'];
      const order = await transact(cause, async (work) => {
        const orderId = uuidv7();
        const before = key === undefined ? undefined : await placedBefore(work, key, body, orderId);
        return before ?? place(work, body, orderId, cause);
      });
      return {
        status: 201,
        headers: { location: `/orders/${order.orderId}` },
        body: { orderId: order.orderId, status: 'placed' as const, total: order.total },
      };
    },
  });
};
