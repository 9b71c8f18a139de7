import { problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { findShipment } from '../store/shipments.ts';

const time = z.iso.datetime().nullable();

const shipment = z.object({
  orderId: z.string(),
  cafeId: z.string(),
  state: z.enum(['waiting', 'on_the_way', 'delivered']),
  courierId: z.string().nullable(),
  courierName: z.string().nullable(),
  readyAt: z.iso.datetime(),
  assignedAt: time,
  expectedDeliveryAt: time,
  deliveredAt: time,
});

/** Without the customer's name and address: whoever has an order's id learns where it is, not where they live. */
export const getShipment = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/shipments/:orderId',
    summary: 'Where an order is, from the counter to the door',
    params: z.strictObject({ orderId: z.string().min(1).max(64) }),
    responses: { 200: { description: 'The shipment', schema: shipment } },
    handle: async ({ params: { orderId } }) => {
      const found = await findShipment(db, orderId);
      if (!found)
        throw problem(404, 'SHIPMENT_UNKNOWN', `The order ${orderId} is not ready yet, or there is none.`);
      return { status: 200, body: found };
    },
  });
