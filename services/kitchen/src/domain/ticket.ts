/**
 * incomplete: OrderPlaced or PaymentReceived is still to come. queued: both are there, and no barista is free
 * yet. The migration that makes the table derives the stage from the facts.
 */
export type Stage = 'incomplete' | 'queued' | 'preparing' | 'ready' | 'dropped' | 'cancelled';

/** What an event of another service tells about an order: a part of this. Times are RFC 3339. */
export interface Facts {
  orderId: string;
  cafeId?: string;
  customer?: { name: string; address: string };
  items?: { name: string; quantity: number }[];
  preparationSeconds?: number;
  placedAt?: string;
  paidAt?: string;
  cancellationRequestedAt?: string;
  cancelledAt?: string;
  /** The event from which the kitchen's next step follows, with its trace if it belongs to one. */
  cause?: { id: string; traceparent: string | undefined };
}

/** As much of a ticket as decides about it. */
export interface Ticket {
  orderId: string;
  /** Null until an event has named it. */
  cafeId: string | null;
  stage: Stage;
  cancellationRequested: boolean;
}

/**
 * Whether the customer's wish to cancel still comes in time. order-service passes it on only after it published
 * PaymentReceived, so it is the kitchen's to decide even when that payment has not been seen here yet: there is
 * no order between topics. Whatever comes after the drop finds the ticket dropped and changes nothing.
 */
export function mustDrop(ticket: Ticket): boolean {
  return ticket.cancellationRequested && ticket.cafeId !== null && isOpen(ticket.stage);
}

/** Whether a wish came for a ticket that is dropped already: the answer was lost, or nobody would ask again. */
export function isAskedAgain(ticket: Ticket, { cancellationRequestedAt }: Facts): boolean {
  return ticket.stage === 'dropped' && cancellationRequestedAt !== undefined;
}

/**
 * The ticket after one more event. Whether it is incomplete or queued by then is left open: nothing here depends
 * on it, and PostgreSQL knows it.
 */
export function learn(ticket: Ticket, facts: Facts): Ticket {
  return {
    orderId: ticket.orderId,
    cafeId: facts.cafeId ?? ticket.cafeId,
    stage: facts.cancelledAt !== undefined && isOpen(ticket.stage) ? 'cancelled' : ticket.stage,
    cancellationRequested: ticket.cancellationRequested || facts.cancellationRequestedAt !== undefined,
  };
}

/** Whether no barista has the ticket yet, and it may still end before it began. */
function isOpen(stage: Stage): boolean {
  switch (stage) {
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
      return stage satisfies never;
  }
}
