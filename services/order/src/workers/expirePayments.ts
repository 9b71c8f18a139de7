import { dueWorker, type ServiceContext, type Worker } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import { isUnpaid, lockUnpaid } from '../store/orders.ts';

const AT_ONCE = 100;
const EVERY_MS = 1_000;

/**
 * Gives up orders that nobody has paid for in time. Also those for which the stock never answered: whatever is lost on
 * the way, no order stays open for ever.
 */
export const expirePayments = (context: ServiceContext, changeOrders: ChangeOrders): Worker =>
  dueWorker(context, {
    name: 'expire-payments',
    everyMs: EVERY_MS,
    async take(work, only) {
      const orderIds = await lockUnpaid(work.tx, AT_ONCE, only);
      const command = { type: 'expirePayment', at: context.now().getTime() } as const;
      await changeOrders(
        work.tx,
        orderIds.map((orderId) => ({ orderId, command, work })),
      );
      return orderIds.length === AT_ONCE;
    },
    due: (tx) => lockUnpaid(tx, AT_ONCE),
    isOpen: isUnpaid,
  });
