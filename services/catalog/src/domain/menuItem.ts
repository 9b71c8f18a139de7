import type { MenuItemChanged } from '@brew/events';

/** What is sold, and how many of it a cafe has when its shelf is full. */
export interface MenuItem extends Omit<MenuItemChanged, 'changedAt'> {
  par: number;
}
