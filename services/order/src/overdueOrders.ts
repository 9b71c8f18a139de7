import { gauge, type Part, type ServiceContext } from '@brew/service';
import type { OrderConfig } from './config.ts';
import { countOverdue } from './store/overdue.ts';

/**
 * Tells of orders that were paid long ago and have not ended. Nothing here ends them: it may be that the kitchen makes one at this moment.
 * They make nobody unhealthy, since it is hardly this service that holds them up.
 */
export function overdueOrders({ db, config, metrics }: ServiceContext<OrderConfig>): Part {
  const overdue = () => countOverdue(db, config.OVERDUE_AFTER_SECONDS);
  gauge(
    metrics,
    'brew_overdue_orders',
    'Orders that were paid long ago and have neither been delivered nor cancelled',
    async () => (await overdue()).count,
  );
  return {
    name: 'overdue-orders',
    start: async () => {},
    stop: async () => {},
    async health() {
      const { count, longestSeconds } = await overdue();
      if (count === 0) return { up: true };
      return {
        up: true,
        needsStaff: true,
        detail: `${count} paid up to ${longestSeconds} s ago and not ended: npx brew overdue`,
      };
    },
  };
}
