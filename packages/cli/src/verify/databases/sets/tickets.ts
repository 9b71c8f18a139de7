import { find, type OrderState } from '../../orderState.ts';
import { placedWith } from '../../placedWith.ts';
import { defineBook, type Judging } from '../book.ts';
import { type TicketRow, ticketRows } from '../sql/kitchen.ts';
import { compareCafe, compareCustomer, compareFacts, itemsOf, missingBy } from './facts.ts';

/** Each of these makes a ticket, whichever comes first. */
const makers = ['OrderPlaced', 'PaymentReceived', 'KitchenStarted', 'OrderReady', 'TicketDropped'];

/** What the kitchen has heard of orders, and made of them. */
export const tickets = defineBook<TicketRow>({
  name: 'tickets',
  database: 'kitchen',
  page: ticketRows,
  missing: missingBy('ticket', makers),
  compare: compareTicket,
});

export function compareTicket(order: OrderState, row: TicketRow, judging: Judging): string[] {
  const slot = find(order, 'KitchenStarted')?.detail;
  const made = find(order, 'OrderPlaced')?.placedWith?.made;
  return [
    ...compareCafe(order, 'ticket', row.cafeId),
    ...(made !== undefined && row.placed !== null && made !== placedWith.made(row.items)
      ? [`was placed with other items than its ticket says (${itemsOf(row.items)})`]
      : []),
    ...(row.placed !== null ? compareCustomer(order, 'ticket', row.customer) : []),
    ...compareFacts(
      order,
      'ticket',
      [
        ['OrderPlaced', 'placed', row.placed],
        ['PaymentReceived', 'paid', row.paid],
        ['OrderCancelled', 'cancelled', row.cancelled],
        ['KitchenStarted', 'started', row.started],
        ['OrderReady', 'ready', row.ready],
        ['TicketDropped', 'dropped', row.dropped],
      ],
      judging,
    ),
    ...(slot !== undefined && row.started !== null && slot !== String(row.slot)
      ? [`was begun by barista ${slot}, and its ticket says ${row.slot}`]
      : []),
  ];
}
