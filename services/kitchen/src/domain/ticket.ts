/**
 * incomplete: OrderPlaced or PaymentReceived is still to come. queued: both are there, and no barista is free
 * yet. The migration that makes the table derives the stage from the facts.
 */
export type Stage = 'incomplete' | 'queued' | 'preparing' | 'ready' | 'dropped' | 'cancelled';

/** As much of a ticket as decides about it. */
export interface Ticket {
  orderId: string;
  /** Null until OrderPlaced has been seen. */
  cafeId: string | null;
  stage: Stage;
  cancellationRequested: boolean;
}

/** A ticket that ends before it began, with what the event about it says. */
export type DroppableTicket = Ticket & { cafeId: string };

/**
 * Whether the customer's wish to cancel still comes in time. order-service passes it on only after it published
 * PaymentReceived, so it is the kitchen's to decide even when that payment has not been seen here yet: there is
 * no order between topics. Whatever comes after the drop finds the ticket dropped and changes nothing.
 */
export function mustDrop(ticket: Ticket): ticket is DroppableTicket {
  if (!ticket.cancellationRequested || ticket.cafeId === null) return false;
  switch (ticket.stage) {
    case 'incomplete':
    case 'queued':
      return true;
    case 'preparing':
    case 'ready':
      return false; // too late: the order goes on
    case 'dropped':
    case 'cancelled':
      return false; // ended already
    default:
      return ticket.stage satisfies never;
  }
}
