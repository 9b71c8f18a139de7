import { type ServiceContext, type Worker, worker } from '@brew/service';
import type { StatusHub } from '../statusHub.ts';
import { findOrders } from '../store/orders.ts';

const EVERY_MS = 500;

/**
 * Looks at the orders that somebody follows, all of them in one query: what following costs grows neither with the
 * orders there are nor with the followers of one.
 */
export const watchOrders = ({ db }: ServiceContext, hub: StatusHub): Worker =>
  worker({
    name: 'watch-orders',
    everyMs: EVERY_MS,
    async run() {
      const orderIds = hub.followed();
      if (orderIds.length > 0) hub.tell(await findOrders(db, orderIds));
      return false;
    },
  });
