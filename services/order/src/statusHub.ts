import { isFinal, type Order } from './domain/order.ts';
import type { StoredOrder } from './store/orderRow.ts';

/** Tells those who follow an order what becomes of it. */
export interface StatusHub {
  /**
   * The order as it is, then each change, to its end or until `signal` is aborted. A follower that is too slow misses
   * what was in between and gets the latest: each state says all that is known, so nothing is lost.
   */
  follow(current: StoredOrder, signal: AbortSignal): AsyncGenerator<Order, void>;
  /** The orders that somebody follows, each once. */
  followed(): string[];
  /** Hands orders on to those of their followers for whom there is news. */
  tell(orders: StoredOrder[]): void;
}

/** Somebody who follows an order. Holds at most one state that was not fetched yet. */
interface Follower {
  seen: StoredOrder;
  unread: boolean;
  wake(): void;
}

export function createStatusHub(): StatusHub {
  const followers = new Set<Follower>();

  return {
    async *follow(current, signal) {
      const follower: Follower = { seen: current, unread: true, wake: () => {} };
      const wake = () => follower.wake();
      signal.addEventListener('abort', wake);
      followers.add(follower);
      try {
        while (!signal.aborted) {
          if (follower.unread) {
            follower.unread = false;
            const { order } = follower.seen;
            yield order;
            if (isFinal(order.status)) return;
          } else {
            await new Promise<void>((resolve) => {
              follower.wake = resolve;
            });
          }
        }
      } finally {
        signal.removeEventListener('abort', wake);
        followers.delete(follower);
      }
    },

    followed: () => [...new Set([...followers].map(({ seen }) => seen.order.orderId))],

    tell(orders) {
      const latest = new Map(orders.map((stored) => [stored.order.orderId, stored]));
      for (const follower of followers) {
        const stored = latest.get(follower.seen.order.orderId);
        if (stored === undefined || stored.version <= follower.seen.version) continue;
        follower.seen = stored;
        follower.unread = true;
        follower.wake();
      }
    },
  };
}
