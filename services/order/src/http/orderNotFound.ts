import { problem } from '@brew/service';
import { z } from 'zod';

/** The order in the path of a route. */
export const orderParams = z.strictObject({ id: z.uuid() });

export const orderNotFound = (orderId: string) =>
  problem(404, 'ORDER_NOT_FOUND', `There is no order ${orderId}.`);
