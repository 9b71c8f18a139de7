import { describe, expect, test } from '@jest/globals';
import type { Command } from './domain/decide.ts';
import { createStatusHub } from './statusHub.ts';
import type { StoredOrder } from './store/orderRow.ts';
import { assigned, delivered, ready, received, run, started } from './testing/orders.ts';

const way: Command[] = [{ type: 'confirmStock', at: 1_500 }, received, started, ready, assigned, delivered];
/** The order after so many steps. */
const stored = (steps: number, orderId = 'order-1'): StoredOrder => ({
  order: { ...run(...way.slice(0, steps)).order, orderId },
  cause: {},
  version: steps + 1,
});
const forever = new AbortController().signal;

describe('following an order', () => {
  test('begins with its state now and ends with its last', async () => {
    const hub = createStatusHub();
    const following = hub.follow(stored(0), forever);
    expect((await following.next()).value).toMatchObject({ status: 'placed' });
    for (const [steps, status] of [
      [2, 'paid'],
      [3, 'preparing'],
      [6, 'delivered'],
    ] as const) {
      const next = following.next();
      hub.tell([stored(steps)]);
      expect((await next).value).toMatchObject({ status });
    }
    expect(await following.next()).toEqual({ done: true, value: undefined });
  });

  test('of an order that has ended tells that, and ends', async () => {
    const following = createStatusHub().follow(stored(6), forever);
    expect((await following.next()).value).toMatchObject({ status: 'delivered' });
    expect((await following.next()).done).toBe(true);
  });

  test('tells nothing twice, nothing old and nothing of other orders', async () => {
    const hub = createStatusHub();
    const following = hub.follow(stored(2), forever);
    await following.next();
    const next = following.next();
    for (const told of [stored(2), stored(5, 'order-2'), stored(1), stored(3)]) {
      hub.tell([told]);
      await new Promise(setImmediate); // what was told is read before the next
    }
    expect((await next).value).toMatchObject({ orderId: 'order-1', status: 'preparing' });
  });

  test('gives a slow follower the latest state, not a backlog', async () => {
    const hub = createStatusHub();
    const following = hub.follow(stored(0), forever);
    await following.next();
    for (const steps of [2, 3, 4]) hub.tell([stored(steps)]);
    expect((await following.next()).value).toMatchObject({ status: 'ready' });
  });

  test('costs nothing any more when the follower has gone', async () => {
    const hub = createStatusHub();
    const gone = new AbortController();
    const waiting = hub.follow(stored(0), gone.signal);
    const other = hub.follow(stored(0, 'order-2'), forever);
    await waiting.next();
    await other.next();
    expect(hub.followed().sort()).toEqual(['order-1', 'order-2']);
    const next = waiting.next();
    gone.abort();
    expect((await next).done).toBe(true);
    expect(hub.followed()).toEqual(['order-2']);
  });

  test('asks for an order once, however many follow it', async () => {
    const hub = createStatusHub();
    const both = [hub.follow(stored(0), forever), hub.follow(stored(0), forever)];
    await Promise.all(both.map((following) => following.next()));
    expect(hub.followed()).toEqual(['order-1']);
    const next = both.map((following) => following.next());
    hub.tell([stored(2)]);
    for (const { value } of await Promise.all(next)) expect(value).toMatchObject({ status: 'paid' });
  });
});
