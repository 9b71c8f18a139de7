import { type ServiceContext, type Worker, worker } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import { lockUnpaid } from '../store/orders.ts';

const AT_ONCE = 100;
const EVERY_MS = 1_000;

/**
 * Gives up orders that nobody has paid for in time. Also those for which the stock never answered: whatever is lost on
 * the way, no order stays open for ever.
 */
export const expirePayments = ({ now, transact }: ServiceContext, changeOrders: ChangeOrders): Worker =>
  worker({
    name: 'expire-payments',
    everyMs: EVERY_MS,
    run: () =>
      transact({}, async (work) => {
        const orderIds = await lockUnpaid(work.tx, AT_ONCE);
        const command = { type: 'expirePayment', at: now().getTime() } as const;
        await changeOrders(
          work.tx,
          orderIds.map((orderId) => ({ orderId, command, work })),
        );
        return orderIds.length === AT_ONCE;
      }),
  });
