import { problem, route, type ServiceContext } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import { cancellationOutcome } from '../domain/order.ts';
import { findOrders } from '../store/orders.ts';
import { orderNotFound, orderParams } from './orderNotFound.ts';
import { orderView, toView } from './orderView.ts';

/**
 * Before the payment the answer is final: cancelled. After it, `cancellation.outcome` is pending until the kitchen has
 * answered. Asking again changes nothing and is answered with how things stand.
 */
export const cancelOrder = ({ transact, now }: ServiceContext, changeOrders: ChangeOrders) =>
  route({
    method: 'post',
    path: '/orders/:id/cancel',
    summary: 'Cancel an order, or ask the kitchen to, if it is paid',
    params: orderParams,
    responses: {
      202: {
        description: 'Cancelled, or the kitchen is asked: see status and cancellation',
        schema: orderView,
      },
    },
    async handle({ params, cause }) {
      const at = now().getTime();
      const stored = await transact(cause, async (work) => {
        await changeOrders(work.tx, [{ orderId: params.id, command: { type: 'cancel', at }, work, cause }]);
        const [changed] = await findOrders(work.tx, [params.id]);
        return changed;
      });
      if (stored === undefined) throw orderNotFound(params.id);

      const { order } = stored;
      if (order.status !== 'cancelled' && cancellationOutcome(order) !== 'pending') {
        throw problem(409, 'TOO_LATE', `It is too late to cancel: the order is ${order.status}.`, {
          orderStatus: order.status,
        });
      }
      return { status: 202, body: toView(order) };
    },
  });
