import { route, type ServiceContext } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import { orderParams } from './orderNotFound.ts';
import { orderView, toView } from './orderView.ts';
import { changeOverdue } from './overdueOrder.ts';

/**
 * For staff: ends an order that hangs, however far it has come, and gives its money back. Nobody is asked, so nobody is kept from making or
 * bringing it: staff answers for that it will not be.
 */
export function refundOverdueOrder(context: ServiceContext<OrderConfig>, changeOrders: ChangeOrders) {
  const refund = changeOverdue(context, changeOrders, 'refundOverdue');
  return route({
    method: 'post',
    path: '/overdue-orders/:id/refund',
    summary: 'End an overdue order that nobody will bring any more, and give its money back',
    staff: true,
    params: orderParams,
    responses: { 202: { description: 'It is cancelled, and the money goes back', schema: orderView } },
    handle: async ({ params: { id }, cause }) => ({ status: 202, body: toView(await refund(id, cause)) }),
  });
}
