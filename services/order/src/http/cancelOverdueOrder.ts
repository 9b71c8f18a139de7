import { problem, route, type ServiceContext } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import { findOrders } from '../store/orders.ts';
import { isOverdue } from '../store/overdue.ts';
import { orderNotFound, orderParams } from './orderNotFound.ts';
import { orderView, toView } from './orderView.ts';

/**
 * For staff: ends an order that hangs, by way of the kitchen, which decides about paid orders. It is asked also where the customer has asked
 * before: the kitchen may never have heard of that, or of the order. It drops the ticket, so that nobody makes it later, and the money goes back.
 */
export const cancelOverdueOrder = (
  { transact, now, config }: ServiceContext<OrderConfig>,
  changeOrders: ChangeOrders,
) =>
  route({
    method: 'post',
    path: '/overdue-orders/:id/cancel',
    summary:
      'Ask the kitchen to drop an overdue order that it has not begun, so that its money is given back',
    staff: true,
    params: orderParams,
    responses: { 202: { description: 'The kitchen is asked', schema: orderView } },
    async handle({ params: { id }, cause }) {
      const command = { type: 'cancelOverdue', at: now().getTime() } as const;
      const { order, overdue } = await transact(cause, async (work) => {
        const overdue = await isOverdue(work.tx, config.OVERDUE_AFTER_SECONDS, id);
        if (overdue) await changeOrders(work.tx, [{ orderId: id, command, work, cause }]);
        const [stored] = await findOrders(work.tx, [id]);
        return { order: stored?.order, overdue };
      });
      if (order === undefined) throw orderNotFound(id);
      if (!overdue)
        throw problem(409, 'NOT_OVERDUE', 'The order is not overdue: its customer may cancel it, or wait.');
      if (order.status !== 'paid') {
        throw problem(409, 'TOO_LATE', `The kitchen has begun, and goes on: the order is ${order.status}.`, {
          orderStatus: order.status,
        });
      }
      return { status: 202, body: toView(order) };
    },
  });
