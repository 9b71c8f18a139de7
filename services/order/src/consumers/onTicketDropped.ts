import { TicketDropped } from '@brew/events';
import { consume } from './consume.ts';

/** The kitchen grants the cancellation: the order ends, and the money goes back. */
export const onTicketDropped = consume(TicketDropped, ({ droppedAt }) => ({
  type: 'dropTicket',
  at: droppedAt,
}));
