import { cafes, topics } from '@brew/events';
import { route, type ServiceContext } from '@brew/service';
import { lockMenu, removeMenuItem } from '../store/menu.ts';
import { lockShelves } from '../store/stock.ts';
import { notOnTheMenu, skuParams } from './menuItemView.ts';

/** Publishes a tombstone: compaction then forgets the item, and whoever reads the menu anew never hears of it. */
export const deleteMenuItem = ({ transact }: ServiceContext) =>
  route({
    method: 'delete',
    path: '/menu/:sku',
    summary: 'Take an item off the menu, with what the cafes have of it',
    staff: true,
    params: skuParams,
    responses: { 204: { description: 'It is gone' } },
    async handle({ params: { sku }, cause }) {
      const removed = await transact(cause, async (work) => {
        await lockMenu(work.tx);
        // Its shelves go with it, and orders may be waiting for some of them.
        await lockShelves(
          work.tx,
          cafes.map(({ id: cafeId }) => ({ cafeId, sku })),
        );
        if (!(await removeMenuItem(work.tx, sku))) return false;
        work.emitTombstone(topics.menu, sku);
        return true;
      });
      if (!removed) throw notOnTheMenu(sku);
      return { status: 204 };
    },
  });
