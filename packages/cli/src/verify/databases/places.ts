import type { Database } from '@brew/postgres';
import type { Ledger } from '../ledger.ts';
import type { OrderState } from '../orderState.ts';
import type { DatabaseName } from './book.ts';
import { breachOf } from './breachOf.ts';
import type { DatabaseBreach, SetResult } from './result.ts';
import { shelves } from './sql/catalog.ts';
import { couriers } from './sql/courier.ts';
import { slots } from './sql/kitchen.ts';

/**
 * What there is one of, whatever becomes of orders: shelves, baristas and couriers. Deliveries, of which no event tells, may put any number on
 * a shelf, so that of shelves only that they are not below nothing can be said.
 */
export async function checkPlaces(
  databaseOf: (name: DatabaseName) => Database,
  ledger: Ledger,
): Promise<SetResult[]> {
  const result = (
    set: string,
    database: DatabaseName,
    compared: number,
    breaches: DatabaseBreach[],
  ): SetResult => ({ set, database, compared, unit: set, breaches, young: 0, gone: 0, partly: 0 });

  const stock = await shelves(databaseOf('catalog'));
  const last = stock.negative.length > 0 ? lastOrders(ledger) : new Map<string, OrderState>();
  const kitchen = await slots(databaseOf('kitchen'));
  const courier = await couriers(databaseOf('courier'));
  return [
    result(
      'shelves',
      'catalog',
      stock.count,
      stock.negative.map(({ cafeId, sku, available }) => {
        const order = last.get(`${cafeId}/${sku}`);
        const what = `${sku} of ${cafeId}, which has ${available}`;
        return breachOf('shelves', order ? `was the last to change ${what}` : what, order);
      }),
    ),
    result(
      'baristas',
      'kitchen',
      kitchen.count,
      kitchen.wrong.map(({ orderId, cafeId, slot, stage }) =>
        breachOf(
          'baristas',
          `is with barista ${slot} of ${cafeId}, and ${stage === null ? 'has no ticket' : `its ticket is ${stage}`}`,
          ledger.find(orderId),
          orderId,
        ),
      ),
    ),
    result(
      'couriers',
      'courier',
      courier.count,
      courier.wrong.map(({ orderId, courierId, state }) =>
        breachOf(
          'couriers',
          `is with ${courierId}, and ${state === null ? 'has no shipment' : `its shipment is ${state}`}`,
          ledger.find(orderId),
          orderId,
        ),
      ),
    ),
  ];
}

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
