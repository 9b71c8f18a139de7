import { KitchenStarted, OrderReady, TicketDropped } from '@brew/events';
import { createService, type Service } from '@brew/service';
import type { KitchenConfig } from './config.ts';
import { handlers } from './consumers/handlers.ts';
import { listTickets } from './http/listTickets.ts';
import { createLine } from './line/line.ts';

export const createApp = (config: KitchenConfig): Service =>
  createService({
    name: 'kitchen',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [KitchenStarted, OrderReady, TicketDropped],
    handlers,
    routes: (context) => [listTickets(context)],
    parts: (context) => [createLine(context)],
  });
