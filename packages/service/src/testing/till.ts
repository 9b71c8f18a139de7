import type { KitchenStarted, OrderPlaced } from '@brew/events';
import { z } from 'zod';
import type { ServiceContext } from '../context.ts';
import { route } from '../http/route.ts';
import { handle } from '../unitOfWork/handle.ts';

/** The service that this package's tests run: a ticket for each order, which says how often it took effect. */
export const ticketsSql = 'create table tickets (order_id text primary key, times integer not null);';

/** Counts how often each order took effect, and emits one event for it. `afterwards` may throw. */
export const onOrderPlaced = (
  Placed: typeof OrderPlaced,
  Started: typeof KitchenStarted,
  afterwards: (orderId: string) => void = () => {},
) =>
  handle(Placed, async ({ data: { orderId, cafeId } }, { tx, emit, now }) => {
    await tx.query(
      'insert into tickets values ($1, 1) on conflict (order_id) do update set times = tickets.times + 1',
      [orderId],
    );
    const startedAt = now().getTime();
    emit(Started, { orderId, cafeId, slot: 1, startedAt, expectedReadyAt: startedAt });
    afterwards(orderId);
  });

/** POST /tickets: the same at somebody's request. */
export const placeTicket = ({ transact }: ServiceContext, Started: typeof KitchenStarted) =>
  route({
    method: 'post',
    path: '/tickets',
    summary: 'Place one',
    body: z.strictObject({ orderId: z.string() }),
    responses: { 201: { description: 'placed' } },
    handle: async ({ body: { orderId }, cause }) => {
      await transact(cause, async ({ tx, emit }) => {
        await tx.query('insert into tickets values ($1, 1)', [orderId]);
        emit(Started, { orderId, cafeId: 'cafe-01', slot: 1, startedAt: 1, expectedReadyAt: 2 });
      });
      return { status: 201 };
    },
  });
