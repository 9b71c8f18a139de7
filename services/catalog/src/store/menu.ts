import type { Category } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { MenuItem } from '../domain/menuItem.ts';

/** Any number does, as long as everybody who changes the menu takes the same. */
const MENU_LOCK = 5_001;

/**
 * Every transaction that changes the menu begins with this: one at a time, so that their events leave in the order of
 * the changes, and none adds shelves of an item that another one removes. Orders don't wait for it.
 */
export async function lockMenu(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [MENU_LOCK]);
}

/** All of the menu, in its order. */
export async function listMenu(tx: Tx): Promise<MenuItem[]> {
  const { rows } = await tx.query<MenuRow>('select * from menu_items order by position');
  return rows.map(fromRow);
}

export async function countMenu(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*)::int from menu_items');
  return rows[0]?.count ?? 0;
}

export async function findMenuItem(tx: Tx, sku: string): Promise<MenuItem | undefined> {
  const { rows } = await tx.query<MenuRow>('select * from menu_items where sku = $1', [sku]);
  return rows[0] && fromRow(rows[0]);
}

/** Puts an item on the menu or changes it, and says which: writing what is there already changes nothing. */
export async function putMenuItem(tx: Tx, item: MenuItem, at: Date): Promise<'added' | 'changed' | 'same'> {
  const { rows } = await tx.query<{ added: boolean }>(
    `insert into menu_items as old
       (sku, name, category, price_amount, price_currency, preparation_seconds, par, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (sku) do update set
       (name, category, price_amount, price_currency, preparation_seconds, par, changed_at) =
       (excluded.name, excluded.category, excluded.price_amount, excluded.price_currency,
        excluded.preparation_seconds, excluded.par, excluded.changed_at)
     where
       (old.name, old.category, old.price_amount, old.price_currency, old.preparation_seconds, old.par)
       is distinct from
       (excluded.name, excluded.category, excluded.price_amount, excluded.price_currency,
        excluded.preparation_seconds, excluded.par)
     returning old.xmax = 0 as added`,
    [
      item.sku,
      item.name,
      item.category,
      item.price.amount,
      item.price.currency,
      item.preparationSeconds,
      item.par,
      at,
    ],
  );
  const [row] = rows;
  if (row === undefined) return 'same';
  return row.added ? 'added' : 'changed';
}

/** Takes an item off the menu, and its stock with it: lock its shelves before. @returns whether it was there */
export async function removeMenuItem(tx: Tx, sku: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from menu_items where sku = $1', [sku]);
  return rowCount === 1;
}

/** True for the first who asks, ever: the one who puts the opening menu on. */
export async function claimOpening(tx: Tx): Promise<boolean> {
  const { rowCount } = await tx.query('insert into opened default values on conflict do nothing');
  return rowCount === 1;
}

interface MenuRow {
  sku: string;
  name: string;
  category: Category;
  price_amount: number;
  price_currency: string;
  preparation_seconds: number;
  par: number;
}

function fromRow(row: MenuRow): MenuItem {
  return {
    sku: row.sku,
    name: row.name,
    category: row.category,
    price: { amount: row.price_amount, currency: row.price_currency },
    preparationSeconds: row.preparation_seconds,
    par: row.par,
  };
}
