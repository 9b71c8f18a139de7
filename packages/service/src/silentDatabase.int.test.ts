import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { KitchenStarted, OrderPlaced } from '@brew/events';
import { createProxy } from '@brew/postgres/testing';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readConfig } from './config/readConfig.ts';
import { createService } from './createService.ts';
import { createServiceRig, type ServiceRig } from './testing/serviceRig.ts';
import { placeTicket, ticketsSql } from './testing/till.ts';

let rig: ServiceRig;
let Started: typeof KitchenStarted;
beforeAll(async () => {
  rig = await createServiceRig(ticketsSql);
  Started = rig.here(KitchenStarted);
  await rig.createTopics([rig.here(OrderPlaced), Started]);
});
afterAll(() => rig?.stop());

/** What HTTP allows for an answer, and what it takes to work again: 10 s each, and more for a busy machine. Without a bound it would be a quarter of an hour. */
const BOUND_MS = 60_000;

/** Bytes that are still held on to. Without a collection it would count whatever nobody has cleared away yet. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it('answers 503 in time while packets to PostgreSQL are dropped, keeps no more than there is room for, and works again', async () => {
  await using proxy = await createProxy(rig.url);
  await using service = createService({
    name: rig.name,
    config: readConfig(rig.name, { ...rig.env, DATABASE_URL: proxy.url }, {}),
    migrations: rig.migrations,
    emits: [Started],
    routes: (context) => [placeTicket(context, Started)],
  });
  await service.start();
  const place = async () => {
    const since = performance.now();
    const response = await fetch(`${service.url}/tickets`, {
      method: 'POST',
      // A connection each: the server gives up one that was idle for 5 s, and a request that took it at that moment is lost.
      headers: { 'Content-Type': 'application/json', Connection: 'close' },
      body: JSON.stringify({ orderId: randomUUID() }),
    });
    await response.text();
    return { status: response.status, ms: performance.now() - since };
  };
  expect((await place()).status).toBe(201);

  proxy.hold();
  const heap: number[] = [];
  for (let wave = 0; wave < 3; wave++) {
    const answers = await Promise.all(Array.from({ length: 1_200 }, place));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(BOUND_MS);
    heap.push(heldBytes());
  }
  // Each wave leaves as much behind as the first one did: nothing piles up.
  expect((heap.at(-1) ?? 0) - (heap[0] ?? 0)).toBeLessThan(32 * 2 ** 20);

  proxy.restore();
  const restored = performance.now();
  await until(async () => (await place()).status === 201, { what: 'requests to be answered again' });
  expect(performance.now() - restored).toBeLessThan(BOUND_MS);
  await until(
    async () =>
      ((await (await fetch(`${service.url}/health/ready`)).json()) as { status: string }).status === 'ready',
    {
      what: 'all of it to work again',
    },
  );
  // What had to be given up was not done.
  const { rows } = await rig.db.query<{ count: number }>('select count(*)::int as count from tickets');
  expect(rows[0]?.count).toBeLessThan(100);
});
