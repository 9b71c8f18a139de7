import { MenuItemChanged, StockRejected, StockReleased, StockReserved } from '@brew/events';
import { createService, type Service } from '@brew/service';
import type { CatalogConfig } from './config.ts';

import { onOrders } from './consumers/onOrders.ts';
import { addStock } from './http/addStock.ts';
import { deleteMenuItem } from './http/deleteMenuItem.ts';
import { getCafes } from './http/getCafes.ts';
import { getMenu } from './http/getMenu.ts';
import { getMenuItem } from './http/getMenuItem.ts';
import { getStock } from './http/getStock.ts';
import { putMenuItem } from './http/putMenuItem.ts';
import { opening } from './opening.ts';

/** The catalog, put together. Nothing runs before `start()`. */
export function createApp(config: CatalogConfig): Service {
  return createService({
    name: 'catalog',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    // Whatever became of the order: by then nothing of it goes back to a shelf.
    prunes: { table: 'reservations', over: 'true' },
    emits: [MenuItemChanged, StockReserved, StockRejected, StockReleased],
    handlers: [onOrders],
    routes: (context) => [
      getMenu(context),
      getMenuItem(context),
      putMenuItem(context),
      deleteMenuItem(context),
      getCafes(),
      getStock(context),
      addStock(context),
    ],
    parts: (context) => [opening(context)],
  });
}
