import { KitchenStarted, OrderReady, TicketDropped } from '@brew/events';
import { createService, type Service } from '@brew/service';
import type { KitchenConfig } from './config.ts';
import { onCancellationRequested } from './consumers/onCancellationRequested.ts';
import { onOrderCancelled } from './consumers/onOrderCancelled.ts';
import { onOrderPlaced } from './consumers/onOrderPlaced.ts';
import { onPaymentReceived } from './consumers/onPaymentReceived.ts';
import { listTickets } from './http/listTickets.ts';
import { createLine } from './line/line.ts';

export const createApp = (config: KitchenConfig): Service =>
  createService({
    name: 'kitchen',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [KitchenStarted, OrderReady, TicketDropped],
    handlers: [onOrderPlaced, onPaymentReceived, onCancellationRequested, onOrderCancelled],
    routes: (context) => [listTickets(context)],
    parts: (context) => [createLine(context)],
  });
