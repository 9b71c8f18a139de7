import { MenuItemChanged } from '@brew/events';
import type { Cause, Work } from '@brew/service';
import type { MenuItem } from './domain/menuItem.ts';

/** Tells everybody how an item is sold from now on. The stock is the catalog's own business. */
export function publishMenuItem(work: Work, { par: _, ...item }: MenuItem, at: Date, cause: Cause): void {
  work.emit(MenuItemChanged, { ...item, changedAt: at.getTime() }, cause);
}
