import { type Cause, problem, type ServiceContext } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import type { Command } from '../domain/decide.ts';
import { isFinal, type Order } from '../domain/order.ts';
import { findOrders } from '../store/orders.ts';
import { isOverdue } from '../store/overdue.ts';
import { orderNotFound } from './orderNotFound.ts';

/**
 * What staff wants of an order that is overdue, and of no other.
 * @returns a function that says what the order is after it; it throws what is answered: 404, or 409 when it is not overdue
 */
export function changeOverdue(
  { transact, now, config }: ServiceContext<OrderConfig>,
  changeOrders: ChangeOrders,
  type: Extract<Command['type'], `${string}Overdue`>,
) {
  return async (orderId: string, cause: Cause): Promise<Order> => {
    const command = { type, at: now().getTime() };
    const { order, overdue } = await transact(cause, async (work) => {
      const overdue = await isOverdue(work.tx, config.OVERDUE_AFTER_SECONDS, orderId);
      if (overdue) await changeOrders(work.tx, [{ orderId, command, work, cause }]);
      const [stored] = await findOrders(work.tx, [orderId]);
      return { order: stored?.order, overdue };
    });
    if (order === undefined) throw orderNotFound(orderId);
    if (overdue) return order;
    const why = isFinal(order.status)
      ? `has ended: it is ${order.status}.`
      : 'is not overdue: its customer may cancel it, or wait.';
    throw problem(409, 'NOT_OVERDUE', `The order ${why}`, { orderStatus: order.status });
  };
}
