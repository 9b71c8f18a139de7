import { cafes } from '@brew/events';
import { problem, route, type ServiceContext } from '@brew/service';
import { publishMenuItem } from '../publishMenuItem.ts';
import { countMenu, lockMenu, putMenuItem as storeMenuItem } from '../store/menu.ts';
import { fillNewShelves } from '../store/stock.ts';
import { menuItemBody, menuItemView, skuParams } from './menuItemView.ts';

/** Everybody reads the whole menu, and order-service keeps it in memory. */
const MOST_ITEMS = 1_000;

/** A new item can be sold at once: every cafe gets a full shelf of it. Writing what is there already publishes nothing. */
export const putMenuItem = ({ transact, now }: ServiceContext) =>
  route({
    method: 'put',
    path: '/menu/:sku',
    summary: 'Put an item on the menu, or change it',
    staff: true,
    params: skuParams,
    body: menuItemBody,
    responses: {
      200: { description: 'The item was there before', schema: menuItemView },
      201: { description: 'The item is new', schema: menuItemView },
    },
    async handle({ params, body, cause }) {
      const item = { ...params, ...body };
      const change = await transact(cause, async (work) => {
        // First of all, also before the menu's own row: its events leave in the order of this lock.
        await lockMenu(work.tx);
        const at = now();
        const stored = await storeMenuItem(work.tx, item, at);
        if (stored === 'added') {
          if ((await countMenu(work.tx)) > MOST_ITEMS)
            throw problem(
              409,
              'MENU_FULL',
              `The menu has ${MOST_ITEMS} items. Take one off with DELETE /menu/SKU first.`,
            );
          await fillNewShelves(
            work.tx,
            cafes.map(({ id }) => id),
          );
        }
        if (stored !== 'same') publishMenuItem(work, item, at, cause);
        return stored;
      });
      return { status: change === 'added' ? 201 : 200, body: item };
    },
  });
