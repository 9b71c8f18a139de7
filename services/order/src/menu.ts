import type { MenuItemChanged } from '@brew/events';

/** The menu as catalog has published it, in memory: intake never waits for another service. */
export interface Menu {
  itemOf(sku: string): MenuItemChanged | undefined;
  put(item: MenuItemChanged): void;
  remove(sku: string): void;
  /** Everything that was published is read. */
  markComplete(): void;
  /** What keeps us from selling, in words; undefined when nothing does. */
  problem(): string | undefined;
}

/** Half a menu would refuse orders for what is on it: it sells nothing before it is complete. */
export function createMenu(): Menu {
  const items = new Map<string, MenuItemChanged>();
  let complete = false;
  return {
    itemOf: (sku) => items.get(sku),
    put: (item) => items.set(item.sku, item),
    remove: (sku) => items.delete(sku),
    markComplete() {
      complete = true;
    },
    problem() {
      if (!complete) return 'the menu is still being read';
      return items.size === 0 ? 'the menu is empty: catalog has not published it yet' : undefined;
    },
  };
}
