import { TicketDropped } from '@brew/events';
import { type Handler, handleTogether, type Work } from '@brew/service';
import { type Facts, isAskedAgain, learn, mustDrop, type Ticket } from '../domain/ticket.ts';
import { drop, record } from '../store/tickets.ts';
import { onCancellationRequested } from './onCancellationRequested.ts';
import { onOrderCancelled } from './onOrderCancelled.ts';
import { onOrderPlaced } from './onOrderPlaced.ts';
import { onPaymentReceived } from './onPaymentReceived.ts';

/** Everything that the kitchen listens to. */
const sources = [onOrderPlaced, onPaymentReceived, onCancellationRequested, onOrderCancelled];
const sourceOf = new Map(sources.map((source) => [source.type, source]));

/** What one event tells, and the work with which to answer it. */
interface Told {
  facts: Facts;
  work: Work;
}

/**
 * Writes down what the events tell, in one statement for all of them, and drops what customers gave up in time. The
 * rest is up to the line.
 * @param wakeLine called when there is something to make
 */
export const createHandlers = (wakeLine: () => void): readonly Handler[] => [
  handleTogether(
    sources.map(({ type }) => type),
    async (deliveries, tx) => {
      const told: Told[] = deliveries.flatMap(({ event, work }) => {
        const facts = sourceOf.get(event.type)?.factsOf(event);
        return facts ? [{ facts, work }] : [];
      });
      const toldOf = Map.groupBy(told, ({ facts }) => facts.orderId);

      const tickets = await record(tx, [...toldOf.values()].map(together));
      const drops = tickets.flatMap(({ before }) => [...dropsOf(before, toldOf.get(before.orderId) ?? [])]);
      if (drops.length > 0) await drop(tx, drops);
      for (const { orderId, cafeId, droppedAt, work } of drops) {
        work.emit(TicketDropped, { orderId, cafeId, droppedAt: droppedAt.getTime() });
      }
      if (tickets.some(({ queued }) => queued)) deliveries[0]?.work.onCommit(wakeLine);
    },
  ),
];

/** What all events of an order tell; of the same fact the latest counts. */
const together = (told: readonly Told[]): Facts =>
  Object.assign({}, ...told.map(({ facts }) => facts)) as Facts;

/**
 * Takes the events of an order in one after the other, so that it doesn't matter in how many portions they came: a
 * wish to cancel may be in time, and be followed by what would have made it too late.
 * @returns what is to be dropped, with the work of the event that decided it; and what was dropped before and is asked for once more,
 * since whoever asks has not got the answer
 */
function* dropsOf(before: Ticket, told: readonly Told[]) {
  let ticket = before;
  for (const { facts, work } of told) {
    ticket = learn(ticket, facts);
    const { orderId, cafeId } = ticket;
    if (cafeId === null || !(mustDrop(ticket) || isAskedAgain(ticket, facts))) continue;
    ticket = { ...ticket, stage: 'dropped' };
    yield { orderId, cafeId, droppedAt: work.now(), work };
  }
}
