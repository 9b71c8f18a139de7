import { KitchenStarted, OrderReady, TicketDropped } from '@brew/events';
import { createService, createWaker, eraseCustomer, type Service, topicsOf } from '@brew/service';
import type { KitchenConfig } from './config.ts';
import { createHandlers } from './consumers/handlers.ts';
import { listTickets } from './http/listTickets.ts';
import { createLine } from './line/line.ts';

const ended = { table: 'tickets', over: `stage in ('ready', 'dropped', 'cancelled')` };

/** The kitchen, put together. Nothing runs before `start()`. */
export function createApp(config: KitchenConfig): Service {
  const lineWaker = createWaker();
  const handlers = createHandlers(lineWaker.wake);

  return createService({
    name: 'kitchen',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    prunes: ended,
    emits: [KitchenStarted, OrderReady, TicketDropped],
    handlers,
    routes: (context) => [listTickets(context), eraseCustomer(context, ended)],
    parts: (context) => [createLine(context, { waker: lineWaker, topics: topicsOf(handlers) })],
  });
}
