import { CourierAssigned, OrderDelivered } from '@brew/events';
import { createService, type Service } from '@brew/service';
import type { CourierConfig } from './config.ts';
import { onOrderReady } from './consumers/onOrderReady.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { getShipment } from './http/getShipment.ts';
import { listCouriers } from './http/listCouriers.ts';

export const createApp = (config: CourierConfig): Service =>
  createService({
    name: 'courier',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [CourierAssigned, OrderDelivered],
    handlers: [onOrderReady],
    routes: (context) => [listCouriers(context), getShipment(context)],
    parts: (context) => [createDispatcher(context)],
  });
