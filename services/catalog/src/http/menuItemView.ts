import { problem } from '@brew/service';
import { z } from 'zod';

export const sku = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case letters, digits and hyphens')
  .max(50);

export const skuParams = z.strictObject({ sku });

/** What staff write of a menu item; the sku is in the path. */
export const menuItemBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  category: z.enum(['drink', 'food']),
  price: z.strictObject({
    amount: z.int().min(1).max(1_000_000).describe('in the smallest unit of the currency, such as cents'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR'),
  }),
  preparationSeconds: z.int().min(0).max(3_600).describe('how long a barista needs for one'),
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
