import { TicketDropped } from '@brew/events';
import type { Work } from '@brew/service';
import { mustDrop, type Ticket } from '../domain/ticket.ts';
import { drop } from '../store/tickets.ts';

/**
 * Drops the ticket if the customer asked for it in time. It was recorded in this transaction, so its row is
 * locked: a barista either had it before, and then it is too late, or never gets it.
 */
export async function dropIfAsked(ticket: Ticket, { tx, emit, now }: Work): Promise<void> {
  if (!mustDrop(ticket)) return;
  const droppedAt = now();
  await drop(tx, ticket.orderId, droppedAt);
  emit(TicketDropped, { orderId: ticket.orderId, cafeId: ticket.cafeId, droppedAt: droppedAt.getTime() });
}
