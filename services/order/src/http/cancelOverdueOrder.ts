import { problem, route, type ServiceContext } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import { orderParams } from './orderNotFound.ts';
import { orderView, toView } from './orderView.ts';
import { changeOverdue } from './overdueOrder.ts';

/**
 * For staff: ends an order that hangs, by way of the kitchen, which decides about paid orders. It is asked also where the customer has asked
 * before: the kitchen may never have heard of that, or of the order. It drops the ticket, so that nobody makes it later, and the money goes back.
 */
export function cancelOverdueOrder(context: ServiceContext<OrderConfig>, changeOrders: ChangeOrders) {
  const cancel = changeOverdue(context, changeOrders, 'cancelOverdue');
  return route({
    method: 'post',
    path: '/overdue-orders/:id/cancel',
    summary:
      'Ask the kitchen to drop an overdue order that it has not begun, so that its money is given back',
    staff: true,
    params: orderParams,
    responses: { 202: { description: 'The kitchen is asked', schema: orderView } },
    async handle({ params: { id }, cause }) {
      const order = await cancel(id, cause);
      if (order.status !== 'paid') {
        const todo = 'If nobody will bring it any more, refund it.';
        throw problem(409, 'TOO_LATE', `The kitchen has begun: the order is ${order.status}. ${todo}`, {
          orderStatus: order.status,
        });
      }
      return { status: 202, body: toView(order) };
    },
  });
}
