import { randomUUID } from 'node:crypto';
import { KitchenStarted, OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Readiness } from '../http/health.ts';
import { createServiceRig, type ServiceRig } from '../testing/serviceRig.ts';
import { type SpawnedMain, spawnMain } from '../testing/spawnMain.ts';
import { ticketsSql } from '../testing/till.ts';

let rig: ServiceRig;
let Placed: typeof OrderPlaced;
let Started: typeof KitchenStarted;
const spawned: SpawnedMain[] = [];

beforeAll(async () => {
  rig = await createServiceRig(ticketsSql);
  Placed = rig.here(OrderPlaced);
  Started = rig.here(KitchenStarted);
  await rig.createTopics([Placed, Started]);
});
afterEach(async () => {
  // Also one that is stopped: nobody can wait for that.
  for (const { child, exited } of spawned.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(() => rig?.stop());

async function run() {
  const main = spawnMain(new URL('../testing/fragileMain.ts', import.meta.url), {
    ...rig.env,
    LOG_LEVEL: 'info',
    EXAMPLE_NAME: rig.name,
    EXAMPLE_MIGRATIONS: rig.migrations.href,
    PLACED_TOPIC: Placed.topic.name,
    STARTED_TOPIC: Started.topic.name,
  });
  spawned.push(main);
  const url = await main.listening();
  return {
    signal: (name: NodeJS.Signals) => main.child.kill(name),
    async place(): Promise<string> {
      const orderId = randomUUID();
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(`${url}/tickets`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ orderId }),
      });
      expect(response.status).toBe(201);
      return orderId;
    },
    async relay() {
      const health = (await (await fetch(`${url}/health/ready`)).json()) as Readiness;
      return health.dependencies.relay;
    },
  };
}

const sent = async () => (await rig.readAll(Started.topic.name)).map(({ key }) => key);

it('an owner that is frozen gives way, and stands by when it thaws, having sent nothing more', async () => {
  const frozen = await run();
  await until(async () => (await frozen.relay())?.detail === 'sending', {
    what: 'the first to be the owner',
  });
  const healthy = await run();
  await until(async () => (await healthy.relay())?.detail === 'standing by', {
    what: 'the other to stand by',
  });
  const first = await frozen.place();
  await until(async () => (await sent()).includes(first), { what: 'the owner to send' });

  frozen.signal('SIGSTOP');
  const since = performance.now();
  const accepted = await Promise.all(Array.from({ length: 20 }, () => healthy.place()));
  await until(async () => (await healthy.relay())?.up === false, {
    what: 'the other to tell that nothing moves',
  });
  await until(async () => (await healthy.relay())?.detail === 'sending', {
    what: 'the other to be the owner',
  });
  // 12 s until PostgreSQL ends the session, and 2 s until the other looks again. On a busy machine it is more; without these bounds it would be never.
  expect(performance.now() - since).toBeLessThan(60_000);
  await until(
    async () =>
      accepted.every((each) => each !== undefined) &&
      (await rig.db.query('select from outbox')).rowCount === 0,
  );
  const before = await sent();
  expect(before.filter((key) => accepted.includes(key ?? ''))).toHaveLength(accepted.length);

  frozen.signal('SIGCONT');
  await until(async () => (await frozen.relay())?.detail === 'standing by', {
    what: 'the thawed one to stand by',
  });
  expect(await frozen.relay()).toEqual({ up: true, detail: 'standing by' });
  const last = await frozen.place();
  await until(async () => (await sent()).includes(last), { what: 'what the thawed one accepts to be sent' });
  expect((await sent()).length).toBe(before.length + 1);
});
