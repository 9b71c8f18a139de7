import { CourierAssigned, OrderDelivered } from '@brew/events';
import { createService, createWaker, type Service } from '@brew/service';
import type { CourierConfig } from './config.ts';
import { onOrderReady } from './consumers/onOrderReady.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { getShipment } from './http/getShipment.ts';
import { listCouriers } from './http/listCouriers.ts';

/** The couriers, put together. Nothing runs before `start()`. */
export function createApp(config: CourierConfig): Service {
  const dispatcherWaker = createWaker();

  return createService({
    name: 'courier',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    prunes: { table: 'shipments', over: `state = 'delivered'` },
    emits: [CourierAssigned, OrderDelivered],
    handlers: [onOrderReady(dispatcherWaker.wake)],
    routes: (context) => [listCouriers(context), getShipment(context)],
    parts: (context) => [createDispatcher(context, dispatcherWaker)],
  });
}
