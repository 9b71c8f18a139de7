import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { listPreparing, listQueued, listReady } from '../store/screen.ts';

/** How many of the tickets that are ready are shown: a screenful. */
const RECENT = 20;

const ticket = z.object({
  orderId: z.string(),
  customerName: z.string(),
  items: z.array(z.object({ name: z.string(), quantity: z.int() })),
});

const screen = z.object({
  cafeId: z.string(),
  queue: z.array(ticket.extend({ paidAt: z.iso.datetime() })),
  preparing: z.array(
    ticket.extend({
      slot: z.int(),
      startedAt: z.iso.datetime(),
      expectedReadyAt: z.iso.datetime(),
      remainingSeconds: z.number().describe('0 when it is done and about to be handed over'),
    }),
  ),
  ready: z.array(ticket.extend({ slot: z.int(), readyAt: z.iso.datetime() })).describe('the latest first'),
});

export type Screen = z.infer<typeof screen>;

/** What the screen behind the counter shows. A cafe that never had an order has an empty one. */
export const listTickets = ({ db }: Pick<ServiceContext, 'db'>) =>
  route({
    method: 'get',
    path: '/cafes/:id/tickets',
    summary: 'What a cafe has in hand: who waits, what each barista makes, what became ready',
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    responses: { 200: { description: 'The tickets of the cafe', schema: screen } },
    handle: async ({ params: { id } }) => {
      // In this order a ticket that moves on meanwhile is seen twice; in any other it might not be seen at all.
      const queue = await listQueued(db, id);
      const preparing = await listPreparing(db, id);
      const ready = await listReady(db, id, RECENT);
      return { status: 200, body: { cafeId: id, queue, preparing, ready } };
    },
  });
