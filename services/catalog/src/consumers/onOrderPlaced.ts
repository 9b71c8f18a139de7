import { OrderPlaced, StockRejected, StockReserved } from '@brew/events';
import { handle } from '@brew/service';
import { lockStock, reserveStock } from '../store/stock.ts';

/** Puts everything aside that the order needs, or tells what is missing. */
export const onOrderPlaced = handle(OrderPlaced, async ({ data }, { tx, emit, now }) => {
  const { orderId, cafeId, items } = data;
  const at = now();
  await lockStock(tx);
  const result = await reserveStock(tx, orderId, cafeId, items, at);
  if ('reserved' in result) {
    emit(StockReserved, { orderId, cafeId, items: result.reserved, reservedAt: at.getTime() });
  } else {
    emit(StockRejected, { orderId, cafeId, missing: result.missing, rejectedAt: at.getTime() });
  }
});
