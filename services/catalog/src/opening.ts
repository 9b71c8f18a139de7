import { cafes } from '@brew/events';
import type { Part, ServiceContext } from '@brew/service';
import { openingMenu } from './domain/openingMenu.ts';
import { publishMenuItem } from './publishMenuItem.ts';
import { claimOpening, lockMenu, putMenuItem } from './store/menu.ts';
import { fillNewShelves } from './store/stock.ts';

/**
 * At the first start ever, puts the opening menu on and publishes it; at every start, gives cafes that are new their
 * shelves. In one transaction: it is all there or will be tried again, and of several instances one does it.
 */
export const opening = ({ transact, now }: ServiceContext): Part => ({
  name: 'opening',
  start: () =>
    transact({}, async (work) => {
      await lockMenu(work.tx);
      if (await claimOpening(work.tx)) {
        const at = now();
        for (const item of openingMenu) {
          await putMenuItem(work.tx, item, at);
          publishMenuItem(work, item, at, {});
        }
      }
      await fillNewShelves(
        work.tx,
        cafes.map(({ id }) => id),
      );
    }),
  stop: async () => {},
});
