import { problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { isPlaceInQueue, listPreparing, listQueued, listReady } from '../store/screen.ts';

/** How many of the tickets that are ready are shown: a screenful. */
const RECENT = 20;

const ticket = z.object({
  orderId: z.string(),
  customerName: z.string(),
  items: z.array(z.object({ name: z.string(), quantity: z.int() })),
});

const screen = z.object({
  cafeId: z.string(),
  queue: z.array(ticket.extend({ paidAt: z.iso.datetime() })).describe('who waits, a page of them'),
  next: z.string().nullable().describe('what `after` is for the next page of the queue; null: there is none'),
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
    query: z.strictObject({
      after: z.string().min(1).max(64).optional().describe('an order: the queue behind it'),
      limit: z.coerce.number().int().min(1).max(500).default(100).describe('of the queue'),
    }),
    responses: { 200: { description: 'The tickets of the cafe', schema: screen } },
    handle: async ({ params: { id }, query: { after, limit } }) => {
      if (after !== undefined && !(await isPlaceInQueue(db, id, after)))
        throw problem(
          404,
          'TICKET_NOT_FOUND',
          `No order ${after} was paid here, or it was deleted. Begin again without after.`,
        );
      // In this order a ticket that moves on meanwhile is seen twice; in any other it might not be seen at all.
      const found = await listQueued(db, id, { after, limit: limit + 1 });
      const queue = found.slice(0, limit);
      const next = found.length > limit ? (queue.at(-1)?.orderId ?? null) : null;
      const preparing = await listPreparing(db, id);
      const ready = await listReady(db, id, RECENT);
      return { status: 200, body: { cafeId: id, queue, next, preparing, ready } };
    },
  });
