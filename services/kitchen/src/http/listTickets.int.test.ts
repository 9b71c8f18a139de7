import { OrderPlaced, PaymentReceived } from '@brew/events';
import type { RouteRequest } from '@brew/service';
import { orderNamed, type TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { KitchenConfig } from '../config.ts';
import { createHandlers } from '../consumers/handlers.ts';
import { createKitchenBench, latte } from '../testing.ts';
import { listTickets, type Screen } from './listTickets.ts';

let bench: TestBench<KitchenConfig>;
beforeAll(async () => {
  bench = await createKitchenBench();
});
afterAll(() => bench?.stop());

it('shows a long queue in pages, each going on where the one before ended', async () => {
  const orders = ['first', 'second', 'third', 'fourth', 'fifth'].map(orderNamed);
  const handlers = createHandlers(() => {});
  for (const [minute, orderId] of orders.entries()) {
    const { placed, paid } = latte(orderId, 'cafe-001', minute);
    await bench.deliver(handlers, OrderPlaced, placed);
    await bench.deliver(handlers, PaymentReceived, paid);
  }
  const { handle } = listTickets(bench.context);
  const page = async (after?: string) => {
    const request = { params: { id: 'cafe-001' }, query: { after, limit: 2 } } as RouteRequest;
    const { body } = (await handle(request)) as { body: Screen };
    return { orders: body.queue.map(({ orderId }) => orderId), next: body.next };
  };
  expect(await page()).toEqual({ orders: orders.slice(0, 2), next: orders[1] });
  // What is started meanwhile is still where the next page begins.
  await bench.context.db.query('update tickets set started_at = now() where order_id = $1', [orders[1]]);
  expect(await page(orders[1])).toEqual({ orders: orders.slice(2, 4), next: orders[3] });
  expect(await page(orders[3])).toEqual({ orders: orders.slice(4), next: null });
  // What was pruned meanwhile is no place to go on from, and not the end.
  await bench.context.db.query('delete from tickets where order_id = $1', [orders[3]]);
  await expect(page(orders[3])).rejects.toMatchObject({ status: 404, problemCode: 'TICKET_NOT_FOUND' });
});
