import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { listCouriers as findCouriers } from '../store/couriers.ts';

const courier = z.object({
  courierId: z.string(),
  name: z.string(),
  state: z
    .enum(['free', 'delivering', 'off_duty'])
    .describe('off_duty: fewer couriers are wanted than there were; brings nothing new'),
  orderId: z.string().nullable().describe('what they are delivering'),
  expectedDeliveryAt: z.iso.datetime().nullable(),
  deliveries: z.int().describe('how many they have made since the beginning'),
});

export const listCouriers = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/couriers',
    summary: 'Who is free, who is delivering what, and how much each has delivered',
    responses: { 200: { description: 'All couriers', schema: z.object({ couriers: z.array(courier) }) } },
    handle: async () => ({ status: 200, body: { couriers: await findCouriers(db) } }),
  });
