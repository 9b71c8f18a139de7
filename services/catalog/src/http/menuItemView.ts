import { rules } from '@brew/events';
import { idOf, intOf, problem, textOf } from '@brew/service';
import { z } from 'zod';

export const sku = idOf(rules.sku);

export const skuParams = z.strictObject({ sku });

/** What staff write of a menu item; the sku is in the path. */
export const menuItemBody = z.strictObject({
  name: textOf(rules.name),
  category: z.enum(['drink', 'food']),
  price: z.strictObject({
    amount: intOf(rules.price).describe('in the smallest unit of the currency, such as cents'),
    currency: idOf(rules.currency),
  }),
  preparationSeconds: intOf(rules.preparationSeconds).describe('how long a barista needs for one'),
  par: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe('how many a cafe has when its shelf is full; each cafe starts with a full shelf of a new item'),
});

export const menuItemView = z.object({ sku, ...menuItemBody.shape, par: z.int() });

export const notOnTheMenu = (unknown: string) =>
  problem(404, 'MENU_ITEM_NOT_FOUND', `${unknown} is not on the menu.`);
