import type { Database } from '@brew/postgres';
import { grouped } from '../../text/format.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderState } from '../orderState.ts';
import type { DatabaseName } from './book.ts';
import { breachOf } from './breachOf.ts';
import type { DatabaseBreach, SetResult } from './result.ts';
import { type Shelf, shelves } from './sql/catalog.ts';
import { couriers } from './sql/courier.ts';
import { slots } from './sql/kitchen.ts';

/** What there is one of, whatever becomes of orders: shelves, baristas and couriers. Each is compared within its own database, at one moment. */
export async function checkPlaces(
  databaseOf: (name: DatabaseName) => Database,
  ledger: Ledger,
): Promise<SetResult[]> {
  return [
    await checkShelves(databaseOf('catalog'), ledger),
    await checkBaristas(databaseOf('kitchen'), ledger),
    await checkCouriers(databaseOf('courier'), ledger),
  ];
}

async function checkShelves(db: Database, ledger: Ledger): Promise<SetResult> {
  const { count, unknown, wrong } = await shelves(db);
  const last = wrong.length > 0 ? lastOrders(ledger) : new Map<string, OrderState>();
  const breaches = wrong.map((shelf) => {
    const order = last.get(`${shelf.cafeId}/${shelf.sku}`);
    const what = inWords(shelf);
    return breachOf('shelves', order ? `was the last to change ${what}` : what, order);
  });
  return resultOf('shelves', 'catalog', count, breaches, unknown);
}

function inWords({ cafeId, sku, available, delivered, reserved }: Shelf): string {
  const shelf = `${sku} of ${cafeId}`;
  if (available === null) return `${shelf}, which has no shelf`;
  const has = `${shelf}, which has ${grouped(available)}`;
  if (delivered === null) return has;
  return `${has}: ${grouped(delivered)} came, and ${grouped(reserved)} of them are reserved or sold`;
}

async function checkBaristas(db: Database, ledger: Ledger): Promise<SetResult> {
  const { count, idle, unmade, gone } = await slots(db);
  const of = (orderId: string, sentence: string) =>
    breachOf('baristas', sentence, ledger.find(orderId), orderId);
  return resultOf('baristas', 'kitchen', count, [
    ...idle.map(({ orderId, cafeId, slot, stage, ownSlot }) => {
      const ticket = differs('ticket', stage, 'preparing', `barista ${ownSlot}`);
      return of(orderId, `is with barista ${slot} of ${cafeId}, and ${ticket}`);
    }),
    ...unmade.map(({ orderId, cafeId, slot }) =>
      of(orderId, `is being prepared by barista ${slot} of ${cafeId} by its ticket, and no barista has it`),
    ),
    ...gone.map(({ cafeId, slot }) =>
      breachOf('baristas', `barista ${slot} of ${cafeId} is gone, who has made orders there`, undefined),
    ),
  ]);
}

async function checkCouriers(db: Database, ledger: Ledger): Promise<SetResult> {
  const { count, idle, uncarried } = await couriers(db);
  const of = (orderId: string, sentence: string) =>
    breachOf('couriers', sentence, ledger.find(orderId), orderId);
  return resultOf('couriers', 'courier', count, [
    ...idle.map(({ orderId, courierId, state, ownId }) =>
      of(orderId, `is with ${courierId}, and ${differs('shipment', state, 'on_the_way', ownId)}`),
    ),
    ...uncarried.map(({ orderId, courierId }) =>
      of(orderId, `is on the way with ${courierId} by its shipment, and no courier has it`),
    ),
  ]);
}

/** @param busy what it is while somebody has it, and then `whose` says who that is */
const differs = (thing: string, state: string | null, busy: string, whose: string | null): string =>
  state === null ? `has no ${thing}` : `its ${thing} ${state === busy ? `says ${whose}` : `is ${state}`}`;

const resultOf = (
  set: string,
  database: DatabaseName,
  compared: number,
  breaches: DatabaseBreach[],
  partly = 0,
): SetResult => ({ set, database, compared, unit: set, breaches, young: 0, gone: 0, partly });

/** The order that changed a shelf last, by shelf. */
function lastOrders(ledger: Ledger): Map<string, OrderState> {
  const found = new Map<string, { time: number; order: OrderState }>();
  for (const order of ledger.orders()) {
    for (const { name, time, stock } of order.events) {
      if (name !== 'StockReserved' && name !== 'StockReleased') continue;
      for (const { sku } of stock?.lines ?? []) {
        const shelf = `${stock?.cafeId}/${sku}`;
        if (time >= (found.get(shelf)?.time ?? 0)) found.set(shelf, { time, order });
      }
    }
  }
  return new Map([...found].map(([shelf, { order }]) => [shelf, order]));
}
