import { problem } from '@brew/service';
import { z } from 'zod';

/** An order's id as callers write it: letters of either case, as UUIDs may have. */
export const orderIdOf = z.uuid().toLowerCase();

/** The order in the path of a route. */
export const orderParams = z.strictObject({ id: orderIdOf });

export const orderNotFound = (orderId: string) =>
  problem(404, 'ORDER_NOT_FOUND', `There is no order ${orderId}.`);
