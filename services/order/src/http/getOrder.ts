import { route, type ServiceContext } from '@brew/service';
import { findOrders } from '../store/orders.ts';
import { orderNotFound, orderParams } from './orderNotFound.ts';
import { orderView, toView } from './orderView.ts';

export const getOrder = ({ db }: ServiceContext) =>
  route({
    method: 'get',
    path: '/orders/:id',
    summary: 'Where an order is, and when it reached each step',
    params: orderParams,
    responses: { 200: { description: 'The order', schema: orderView } },
    async handle({ params }) {
      const [stored] = await findOrders(db, [params.id]);
      if (stored === undefined) throw orderNotFound(params.id);
      return { status: 200, body: toView(stored.order) };
    },
  });
