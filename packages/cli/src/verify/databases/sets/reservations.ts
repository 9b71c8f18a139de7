import { find, type OrderState } from '../../orderState.ts';
import type { Line } from '../../seen.ts';
import { defineBook, type Judging } from '../book.ts';
import { type ReservationRow, reservationRows } from '../sql/catalog.ts';
import { compareFacts } from './facts.ts';

/** What the catalog keeps for orders, and has given back. */
export const reservations = defineBook<ReservationRow>({
  name: 'reservations',
  database: 'catalog',
  page: reservationRows,
  missing: (order) =>
    find(order, 'StockReserved') || find(order, 'StockReleased')
      ? 'had stock reserved, and has no reservation'
      : undefined,
  compare: compareReservation,
});

export function compareReservation(order: OrderState, row: ReservationRow, judging: Judging): string[] {
  const reserved = find(order, 'StockReserved');
  const told = reserved?.stock && inWords(reserved.stock.cafeId, reserved.stock.lines);
  const stored = inWords(row.cafeId, row.items);
  return [
    ...(told !== undefined && told !== stored
      ? [`had ${told} reserved, and its reservation says ${stored}`]
      : []),
    ...compareFacts(
      order,
      'reservation',
      [
        ['StockReserved', 'made', true],
        ['StockReleased', 'released', row.released],
      ],
      judging,
    ),
  ];
}

const inWords = (cafeId: string, lines: readonly Line[]): string =>
  `${lines
    .map(({ sku, quantity }) => `${quantity} ${sku}`)
    .toSorted()
    .join(' + ')} at ${cafeId}`;
