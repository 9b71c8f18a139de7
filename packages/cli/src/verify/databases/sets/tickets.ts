import { find, type OrderState } from '../../orderState.ts';
import { defineBook, type Judging } from '../book.ts';
import { type TicketRow, ticketRows } from '../sql/kitchen.ts';
import { compareCafe, compareFacts, missingBy } from './facts.ts';

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
  return [
    ...compareCafe(order, 'ticket', row.cafeId),
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
    ...(slot !== undefined && row.started && slot !== String(row.slot)
      ? [`was begun by barista ${slot}, and its ticket says ${row.slot}`]
      : []),
  ];
}
