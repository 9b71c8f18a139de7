import { OrderCancelled, StockReleased } from '@brew/events';
import { handle } from '@brew/service';
import { lockStock, releaseStock } from '../store/stock.ts';

/**
 * Gives back what was put aside. It can't overtake the reservation: OrderPlaced and OrderCancelled are on one topic,
 * under one key. An order that was rejected has nothing to give back.
 */
export const onOrderCancelled = handle(OrderCancelled, async ({ data: { orderId } }, { tx, emit, now }) => {
  const at = now();
  await lockStock(tx);
  const released = await releaseStock(tx, orderId, at);
  if (released) emit(StockReleased, { orderId, ...released, releasedAt: at.getTime() });
});
