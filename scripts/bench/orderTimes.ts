import {
  CourierAssigned,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  orderTopics,
  PaymentReceived,
  StockReserved,
} from '@brew/events';
import { createFollower, createKafkaClient } from '@brew/kafka';
import type { System } from '@brew/sandbox';
import { pino } from 'pino';
import { type Spread, spreadOf } from './spread.ts';

/** The steps of an order, by the event that tells of each. */
const steps = new Map([
  [StockReserved.type, 'stock reserved'],
  [PaymentReceived.type, 'paid'],
  [KitchenStarted.type, 'started'],
  [OrderReady.type, 'ready'],
  [CourierAssigned.type, 'assigned'],
  [OrderDelivered.type, 'delivered'],
]);

export interface OrderTimes {
  placed: number;
  delivered: number;
  cancelled: number;
  /** By step: milliseconds from placed to it. */
  steps: Record<string, Spread>;
}

/**
 * What became of the orders that were placed in a time, from the topics alone. Their times are those of the events
 * (`ce_time`: when a service decided), on the clock of this machine. Reads everything from the beginning, so it is for
 * afterwards: nothing is to be read on top of what the services read while they are measured.
 */
export async function readOrderTimes(system: System, from: number, to: number): Promise<OrderTimes> {
  const placed = new Map<string, number>();
  const reached = new Map<string, Map<string, number>>([...steps.keys()].map((type) => [type, new Map()]));
  const cancelled = new Set<string>();
  const log = pino({ level: 'silent' });
  await using follower = createFollower({
    client: createKafkaClient({ brokers: system.brokers, clientId: 'brew-bench', log }),
    name: 'bench',
    topics: orderTopics.map(({ name }) => name),
    from: 'beginning',
    onRecords(records) {
      for (const { key, headers } of records) {
        if (key === null) continue;
        const { ce_type: type = '', ce_time: time = '' } = headers;
        const at = Date.parse(time);
        if (type === OrderPlaced.type && at >= from && at < to) placed.set(key, at);
        else if (type === OrderCancelled.type) cancelled.add(key);
        else reached.get(type)?.set(key, at);
      }
    },
    log,
  });
  await follower.start();
  await follower.whenCaughtUp();

  const since = (type: string) =>
    [...(reached.get(type) ?? [])].flatMap(([orderId, at]) => {
      const begun = placed.get(orderId);
      return begun === undefined ? [] : [at - begun];
    });
  return {
    placed: placed.size,
    delivered: since(OrderDelivered.type).length,
    cancelled: [...cancelled].filter((orderId) => placed.has(orderId)).length,
    steps: Object.fromEntries([...steps].map(([type, step]) => [step, spreadOf(since(type))])),
  };
}
