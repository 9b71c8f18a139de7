import { OrderCancelled, OrderPlaced, StockRejected, StockReleased, StockReserved } from '@brew/events';
import { handleTogether, type Work } from '@brew/service';
import { allocate, itemsOf, type StockAnswer, type StockRequest } from '../domain/allocate.ts';
import { heldFor, storeAllocation } from '../store/reservations.ts';
import { lockShelves } from '../store/stock.ts';

/**
 * Puts everything aside that an order needs, or tells what is missing; gives back what a cancelled order had. Both in
 * one handler, since in a chunk they alternate. A cancellation can't overtake its reservation: OrderPlaced and
 * OrderCancelled are on one topic, under one key. An order that was rejected has nothing to give back.
 */
export const onOrders = handleTogether<OrderPlaced | OrderCancelled>(
  [OrderPlaced, OrderCancelled],
  async (deliveries, tx) => {
    const requests = deliveries.map(({ event }) => toRequest(event.data));
    const cancelled = requests.filter(({ kind }) => kind === 'cancelled').map(({ orderId }) => orderId);
    const held = await heldFor(tx, cancelled);
    const shelves = await lockShelves(tx, itemsOf(requests, held));
    const allocation = allocate(requests, shelves, held);
    await storeAllocation(tx, allocation);
    for (const [index, { event, work }] of deliveries.entries()) {
      const answer = allocation.answers[index];
      if (answer) tell(work, event.data.orderId, answer);
    }
  },
);

const toRequest = (data: OrderPlaced | OrderCancelled): StockRequest =>
  'items' in data ? { kind: 'placed', ...data } : { kind: 'cancelled', orderId: data.orderId };

function tell({ emit, now }: Work, orderId: string, answer: StockAnswer): void {
  const at = now().getTime();
  switch (answer.kind) {
    case 'reserved':
      emit(StockReserved, { orderId, cafeId: answer.cafeId, items: answer.items, reservedAt: at });
      return;
    case 'rejected':
      emit(StockRejected, { orderId, cafeId: answer.cafeId, missing: answer.missing, rejectedAt: at });
      return;
    case 'released':
      emit(StockReleased, { orderId, cafeId: answer.cafeId, items: answer.items, releasedAt: at });
      return;
    case 'nothing':
      return;
    default:
      answer satisfies never;
  }
}
