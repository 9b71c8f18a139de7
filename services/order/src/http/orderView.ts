import { z } from 'zod';
import { cancellationOutcome, moneyState, type Order } from '../domain/order.ts';

export const money = z.object({
  amount: z.int().describe('in the smallest unit of the currency, such as cents'),
  currency: z.string().describe('ISO 4217'),
});

const time = z.iso.datetime();

/** An order as its customer sees it. */
export const orderView = z.object({
  orderId: z.uuid(),
  cafeId: z.string(),
  status: z.enum(['placed', 'paid', 'preparing', 'ready', 'on_the_way', 'delivered', 'cancelled']),
  reason: z
    .enum(['out_of_stock', 'payment_failed', 'payment_timeout', 'customer_request'])
    .optional()
    .describe('why it was cancelled'),
  times: z
    .object({
      placed: time,
      paid: time.optional(),
      preparing: time.optional(),
      ready: time.optional(),
      on_the_way: time.optional(),
      delivered: time.optional(),
      cancelled: time.optional(),
    })
    .describe('when each step was reached'),
  cancellation: z
    .object({ requestedAt: time, outcome: z.enum(['pending', 'granted', 'too_late']) })
    .optional()
    .describe('the wish to cancel an order that was paid: the kitchen decides about it'),
  payment: z
    .enum(['none', 'requested', 'failed', 'received', 'refunding', 'refunded'])
    .describe('where the money is'),
  customer: z.object({ name: z.string(), address: z.string() }),
  channel: z.enum(['app', 'counter', 'partner']).describe('where it was placed'),
  items: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      category: z.enum(['drink', 'food']),
      quantity: z.int(),
      unitPrice: money,
    }),
  ),
  total: money,
});

export type OrderView = z.infer<typeof orderView>;

export function toView(order: Order): OrderView {
  const { orderId, cafeId, status, cancelReason, customer, channel, total } = order;
  const outcome = cancellationOutcome(order);
  return {
    orderId,
    cafeId,
    status,
    ...(cancelReason && { reason: cancelReason }),
    times: iso(order.times),
    ...(outcome && { cancellation: { requestedAt: toIso(order.cancellationRequestedAt), outcome } }),
    payment: moneyState(order),
    customer,
    channel,
    items: order.items.map(({ sku, name, category, quantity, unitPrice }) => ({
      sku,
      name,
      category,
      quantity,
      unitPrice,
    })),
    total,
  };
}

const iso = (times: Order['times']) =>
  Object.fromEntries(Object.entries(times).map(([step, at]) => [step, toIso(at)])) as OrderView['times'];

const toIso = (at = 0) => new Date(at).toISOString();
