import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createInstances, type Instances } from '../testing/instances.ts';

let instances: Instances;

beforeAll(async () => {
  instances = await createInstances();
});
afterEach(() => instances?.kill());
afterAll(() => instances?.stop());

async function start() {
  const { service, url } = await instances.start();
  return {
    signal: (name: NodeJS.Signals) => service.child.kill(name),
    network: service.network,
    line: service.line,
    async consumer() {
      const health = await fetch(`${url}/health/ready`);
      const { dependencies } = (await health.json()) as {
        dependencies: { consumer: { up: boolean; detail?: string } };
      };
      return dependencies.consumer;
    },
  };
}

const STANDS_BY = { up: true, detail: 'stands by: another instance reads' };

it('an instance that is frozen while it reads gives way, and stands by when it thaws, having counted nothing twice', async () => {
  const frozen = await start();
  await instances.sell(2);
  await instances.untilSold(2, 'the first instance to read');
  const healthy = await start();
  await until(async () => (await healthy.consumer()).detail === STANDS_BY.detail, {
    what: 'the other to stand by',
  });

  frozen.signal('SIGSTOP');
  const since = performance.now();
  await instances.sell(3);
  await instances.untilSold(5, 'the other to read');
  // 12 s until PostgreSQL ends the session, 2 s until the other looks again, and what it has to load. On a busy machine it is more; without these bounds it would be never.
  expect(performance.now() - since).toBeLessThan(60_000);

  frozen.signal('SIGCONT');
  await until(async () => (await frozen.consumer()).detail === STANDS_BY.detail, {
    what: 'the thawed one to stand by',
  });
  expect(await frozen.consumer()).toEqual(STANDS_BY);
  await instances.sell(1);
  await instances.untilSold(6, 'what comes afterwards');
  expect(await healthy.consumer()).toEqual({ up: true });
});

it.each(['drop', 'refuse'] as const)(
  'an instance that reads and whose packets to Kafka are lost (%s) gives way, and says that it can not reach it',
  async (way) => {
    const cutOff = await start();
    const before = await instances.sold();
    await instances.sell(2);
    await instances.untilSold(before + 2, 'the first instance to read');
    const healthy = await start();
    await until(async () => (await healthy.consumer()).detail === STANDS_BY.detail, {
      what: 'the other to stand by',
    });

    cutOff.network(way);
    const since = performance.now();
    await instances.sell(3);
    await until(async () => /^Kafka does not answer since 2/.test((await cutOff.consumer()).detail ?? ''), {
      what: 'the first to tell it',
    });
    await until(async () => (await instances.sold()) === before + 5, {
      what: 'the other to read',
    });
    // 15 s until it gives way, 2 s until the other looks again, and what it has to load.
    expect(performance.now() - since).toBeLessThan(60_000);
    expect(await healthy.consumer()).toEqual({ up: true });
    expect(
      await cutOff.line('reading ended: beginning again with what is stored, unless another instance does'),
    ).toMatchObject({
      level: 'warn',
      reason: 'Kafka has not answered for 15 s: another instance may try',
    });

    cutOff.network('pass');
    await until(async () => (await cutOff.consumer()).detail === STANDS_BY.detail, {
      what: 'the first to stand by',
    });
    expect(await cutOff.consumer()).toEqual(STANDS_BY);
    await instances.sell(1);
    await instances.untilSold(before + 6, 'what comes afterwards');
  },
);
