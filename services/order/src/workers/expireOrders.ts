import { dueWorker, type ServiceContext, type Worker } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import { isUnpaid, lockUnanswered } from '../store/orders.ts';

const AT_ONCE = 100;
const EVERY_MS = 1_000;

/**
 * Sees to it that no order stays open for ever that waits for an answer: one whose stock never answered is given up, and one for whose
 * payment the provider could not be asked is settled with the provider. Those that it was asked for have a time of their own.
 */
export const expireOrders = (context: ServiceContext, changeOrders: ChangeOrders): Worker =>
  dueWorker(context, {
    name: 'expire-payments', // as it was named first: what it has set aside is kept under this name
    everyMs: EVERY_MS,
    async take(work, only) {
      const orderIds = await lockUnanswered(work.tx, AT_ONCE, only);
      const command = { type: 'expire', at: context.now().getTime() } as const;
      await changeOrders(
        work.tx,
        orderIds.map((orderId) => ({ orderId, command, work })),
      );
      return orderIds.length === AT_ONCE;
    },
    due: (tx) => lockUnanswered(tx, AT_ONCE),
    isOpen: isUnpaid,
  });
