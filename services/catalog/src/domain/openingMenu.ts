import type { Category } from '@brew/events';
import type { MenuItem } from './menuItem.ts';

/** Enough for a promo day at the busiest cafe. */
const PLENTY = 1_000;
/** So few that a cafe runs out of it: somebody has to see what happens then. */
const SCARCE = 5;

/** The menu that a new catalog opens with, what is ordered most first. Prices in cents. */
export const openingMenu: readonly MenuItem[] = [
  item('cappuccino', 'Cappuccino', 'drink', 380, 90),
  item('latte', 'Caffè Latte', 'drink', 420, 100),
  item('flat-white', 'Flat White', 'drink', 410, 90),
  item('espresso', 'Espresso', 'drink', 260, 40),
  item('americano', 'Americano', 'drink', 320, 50),
  item('cortado', 'Cortado', 'drink', 340, 60),
  item('filter-coffee', 'Filter Coffee', 'drink', 290, 30),
  item('cold-brew', 'Cold Brew', 'drink', 430, 25),
  item('mocha', 'Mocha', 'drink', 460, 120),
  item('pour-over', 'Pour Over, Single Origin', 'drink', 490, 240),
  item('chai-latte', 'Chai Latte', 'drink', 440, 110),
  item('matcha-latte', 'Matcha Latte', 'drink', 470, 130),
  item('hot-chocolate', 'Hot Chocolate', 'drink', 400, 100),
  item('mint-tea', 'Fresh Mint Tea', 'drink', 350, 60),
  item('butter-croissant', 'Butter Croissant', 'food', 280, 15),
  item('cinnamon-roll', 'Cinnamon Roll', 'food', 340, 20),
  item('banana-bread', 'Banana Bread', 'food', 360, 30),
  item('cheese-toastie', 'Three-Cheese Toastie', 'food', 620, 150),
  item('almond-biscotti', 'Almond Biscotti', 'food', 220, 10),
  item('yuzu-cheesecake', 'Yuzu Cheesecake', 'food', 580, 25, SCARCE),
];

function item(
  sku: string,
  name: string,
  category: Category,
  cents: number,
  preparationSeconds: number,
  par = PLENTY,
): MenuItem {
  return { sku, name, category, price: { amount: cents, currency: 'EUR' }, preparationSeconds, par };
}
