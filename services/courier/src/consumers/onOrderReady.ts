import { OrderReady } from '@brew/events';
import { type Handler, handleTogether } from '@brew/service';
import { addShipments } from '../store/shipments.ts';

/**
 * The orders stand on the counter: from now on they wait for a courier.
 * @param wakeDispatcher called when they can be seen
 */
export const onOrderReady = (wakeDispatcher: () => void): Handler =>
  handleTogether([OrderReady], async (deliveries, tx) => {
    const orders = deliveries.map(({ event: { id, traceparent, data } }) => {
      const { orderId, cafeId } = data;
      return { orderId, cafeId, readyAt: new Date(data.readyAt), causationId: id, traceparent };
    });
    await addShipments(tx, orders);
    deliveries[0]?.work.onCommit(wakeDispatcher);
  });
