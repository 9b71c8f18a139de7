import { BrewError, MenuItemChanged, topics } from '@brew/events';
import { aborted, createFollower, type ReceivedRecord } from '@brew/kafka';
import type { Part, ServiceContext } from '@brew/service';
import type { Menu } from './menu.ts';

/**
 * Keeps the menu as catalog publishes it: all of the compacted topic, then each change. Without a shared consumer
 * group, because this is fan-out: every instance of order-service needs all of the menu, not its share of it.
 */
export function followMenu({ client, codec, log }: ServiceContext, menu: Menu): Part {
  const take = async (record: ReceivedRecord) => {
    if (record.value === null) {
      if (record.key !== null) menu.remove(record.key);
      return;
    }
    const event = await codec.decode(record);
    if (event.type === MenuItemChanged) menu.put(event.data as MenuItemChanged);
  };

  const follower = createFollower({
    client,
    name: 'order.menu',
    topics: [topics.menu.name],
    from: 'beginning',
    log,
    async onRecords(records) {
      for (const record of records) {
        try {
          await take(record);
        } catch (error) {
          if (error instanceof BrewError && error.retryable) throw error;
          // There is no queue of dead letters behind a cache: one bad item must not take the whole menu away.
          const { topic, partition, offset } = record;
          log.error(
            { err: error, topic, partition, offset: String(offset) },
            'skipped a menu item that can not be read',
          );
        }
      }
    },
  });

  return {
    name: 'menu',
    // Orders can be looked at and cancelled without it. Placing one answers 503 and says so, until it is complete.
    mayComeLater: true,
    async start(signal) {
      await follower.start(signal);
      await Promise.race([follower.whenCaughtUp(), aborted(signal)]);
      signal.throwIfAborted();
      menu.markComplete();
    },
    stop: () => follower.stop(),
    health() {
      const { lastError } = follower;
      // Complete, and yet perhaps not what catalog says by now.
      const stale = lastError instanceof Error ? `stale: ${lastError.message.slice(0, 500)}` : undefined;
      const detail = menu.problem() ?? stale;
      return detail === undefined ? { up: true } : { up: false, detail };
    },
  };
}
