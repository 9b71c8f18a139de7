import { route, type ServiceContext } from '@brew/service';
import type { Order } from '../domain/order.ts';
import type { StatusHub } from '../statusHub.ts';
import { findOrders } from '../store/orders.ts';
import { orderNotFound, orderParams } from './orderNotFound.ts';
import { toView } from './orderView.ts';

export const followOrder = ({ db }: ServiceContext, hub: StatusHub) =>
  route({
    method: 'get',
    path: '/orders/:id/events',
    summary: 'Follow an order: its state now, then each change, until it is delivered or cancelled',
    params: orderParams,
    responses: {
      200: {
        description: 'Server-sent events named `order`; the data of each is what GET /orders/:id answers',
        contentType: 'text/event-stream',
      },
    },
    async handle({ params, signal }) {
      const [stored] = await findOrders(db, [params.id]);
      if (stored === undefined) throw orderNotFound(params.id);
      return { stream: messages(hub.follow(stored, signal)) };
    },
  });

async function* messages(orders: AsyncIterable<Order>) {
  for await (const order of orders) yield { event: 'order', data: toView(order) };
}
