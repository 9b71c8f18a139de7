import { OrderReady } from '@brew/events';
import { handle } from '@brew/service';
import { addShipment } from '../store/shipments.ts';

/** The order stands on the counter: from now on it waits for a courier. */
export const onOrderReady = handle(OrderReady, async ({ id, traceparent, data }, { tx }) => {
  const { orderId, cafeId } = data;
  await addShipment(tx, { orderId, cafeId, readyAt: new Date(data.readyAt), causationId: id, traceparent });
});
