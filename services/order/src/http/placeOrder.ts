import { cafeOf, rules } from '@brew/events';
import { idempotencyKey, intOf, listOf, problem, route, type ServiceContext, textOf } from '@brew/service';
import { z } from 'zod';
import type { OrderConfig } from '../config.ts';
import type { Order } from '../domain/order.ts';
import type { Menu } from '../menu.ts';
import { createPlaceOrders, type Placement, type Placing } from '../placeOrders.ts';
import { money } from './orderView.ts';

const request = z.strictObject({
  cafeId: textOf(rules.id),
  // A sku that is none is not on the menu, which is said so.
  items: listOf(z.strictObject({ sku: textOf(rules.id), quantity: intOf(rules.quantity) }), rules.items),
  customer: z.strictObject({ name: textOf(rules.name), address: textOf(rules.address) }),
  // Not filled in here: the body is what a repetition is recognized by, also one whose first request came to an older release.
  channel: z
    .enum(['app', 'counter', 'partner'])
    .optional()
    .describe('where the order was placed; app when left out'),
});

const answer = z.object({ orderId: z.uuid(), status: z.literal('placed'), total: money });

/** The intake. Answers when the order is safe in the database: from then on it ends delivered or cancelled. */
export const placeOrder = ({ together, now, config }: ServiceContext<OrderConfig>, menu: Menu) => {
  const placeOrders = createPlaceOrders({
    offer: { hasCafe: (id) => cafeOf(id) !== undefined, itemOf: menu.itemOf },
    unansweredTimeoutSeconds: config.UNANSWERED_TIMEOUT_SECONDS,
    recheckSeconds: config.PAYMENT_RECHECK_SECONDS,
    now,
  });
  const place = together<Placing, Placement>((requests, tx) => placeOrders(tx, requests));

  return route({
    method: 'post',
    path: '/orders',
    summary: 'Place an order',
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: request,
    responses: { 201: { description: 'The order is placed', schema: answer } },
    async handle({ body, headers, cause }) {
      const missing = menu.problem();
      if (missing !== undefined) throw problem(503, 'MENU_NOT_READY', `No orders yet: ${missing}.`);
      const { orderId, total } = orderOf(await place(cause, { body, key: headers['idempotency-key'] }));
      return {
        status: 201,
        headers: { location: `/orders/${orderId}` },
        body: { orderId, status: 'placed' as const, total },
      };
    },
  });
};

/** @throws HttpProblem when there is none */
function orderOf(placement: Placement): Order {
  switch (placement.outcome) {
    case 'placed':
      return placement.order;
    case 'refused':
      throw problem(422, 'ORDER_INVALID', 'The order can not be placed as it is.', {
        errors: placement.errors.map((error) => ({ in: 'body', ...error })),
      });
    case 'reused':
      throw problem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different order.');
    case 'busy':
      throw problem(409, 'IDEMPOTENCY_KEY_BUSY', 'This Idempotency-Key is in use at this moment. Try again.');
    default:
      return placement satisfies never;
  }
}
