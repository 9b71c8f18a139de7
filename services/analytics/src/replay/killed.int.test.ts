import { OrderPlaced } from '@brew/events';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { listGenerations } from '../store/generations.ts';
import { createInstances, type Instances } from '../testing/instances.ts';

const ORDERS = 20;

let instances: Instances;

beforeAll(async () => {
  instances = await createInstances();
  await instances.sell(ORDERS);
  // Who sends it to the dead letters remembers that: a place at which a replay can be held up while it stores what it has read.
  await instances.bus.publishRaw(OrderPlaced.topic, uniqueName('poison'), Buffer.from('poison'));
});
afterEach(() => instances?.kill());
afterAll(() => instances?.stop());

const ask = (url: string, body: object = {}, [method, path] = ['POST', '/replays']) =>
  fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer staff-token' },
    body: JSON.stringify(body),
  });

const untilCaughtUp = async () => {
  await instances.untilSold(ORDERS, 'all orders to be sold');
  await until(async () => (await instances.db.query('select from dead_letters')).rowCount, {
    what: 'the dead letter',
  });
};
const states = async () =>
  (await listGenerations(instances.db))
    .filter(({ projection }) => projection === 'sales')
    .map(({ schema, state }) => `${schema} ${state}`);

/** Has a replay wait for a lock, and kills its process there. */
async function killWhere(lock: string, body: object = {}): Promise<void> {
  const { service, url } = await instances.start();
  await untilCaughtUp();
  const holder = await instances.db.connect();
  await holder.query(`begin; ${lock}`);
  const answer = ask(url, body)
    .then((response) => response.text())
    .catch(() => 'hung up');
  await until(
    async () => {
      const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      return (await instances.db.query(waiting)).rowCount;
    },
    { what: 'the replay to wait' },
  );
  service.child.kill('SIGKILL');
  await service.exited;
  await holder.end();
  expect(await answer).not.toContain('event: done');
  // What waited in PostgreSQL for the process that is gone finds that out, and takes its transaction back.
  await until(async () => {
    const left = `select from pg_stat_activity where datname = current_database() and application_name = 'analytics'`;
    return (await instances.db.query(left)).rowCount === 0;
  });
}

describe('a replay whose process is killed', () => {
  it.each([
    ['before it has tables', 'lock table generations in share mode', []],
    ['while it stores what it has read', 'lock table dead_letters', ['sales_g2 building']],
    ['before it compares', 'select pg_advisory_xact_lock_shared(7241872)', ['sales_g2 building']],
    ['while it switches', 'select from sales.by_hour', ['sales_g2 building']],
  ])('%s has changed nothing that is read', async (_when, lock, left) => {
    await killWhere(lock);
    expect(await instances.sold()).toBe(ORDERS);
    expect(await states()).toEqual(['sales_g1 live', ...left]);
  });

  it('can be begun again, or gone on with', async () => {
    await killWhere('lock table dead_letters');
    const { url } = await instances.start();
    for (const how of ['resume', 'beside']) {
      expect(await (await ask(url, { how })).text()).toContain('"outcome":"switched"');
      expect(await instances.sold()).toBe(ORDERS);
    }
    await expectPruned(url);
  });

  /** The tables before are removed when nobody reads them any more, and not waited for. */
  async function expectPruned(url: string): Promise<void> {
    const prune = () => ask(url, {}, ['DELETE', '/generations']);
    const old = (await states()).find((state) => state.endsWith('old'))?.split(' ')[0];
    const reader = await instances.db.connect();
    await reader.query(`begin; table ${old}.by_hour`);
    const refused = await prune();
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'TABLES_IN_USE', detail: expect.stringContaining(`${old} is still read by test (pid`) },
    ]);
    await reader.end();
    expect((await prune()).status).toBe(200);
    expect(await states()).toEqual([expect.stringMatching(/live$/)]);
  }

  it('has changed nothing that is read when it was made in place, which has to be agreed to', async () => {
    const inPlace = { how: 'in place' };
    await killWhere('lock table dead_letters', { ...inPlace, acceptLoss: true });
    expect(await instances.sold()).toBe(ORDERS);
    const { url } = await instances.start();
    const refused = await ask(url, inPlace);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'REPLAY_LOSES', detail: expect.stringMatching(/sales_g\d+ will be removed/) },
    ]);
    expect(await (await ask(url, { ...inPlace, acceptLoss: true })).text()).toContain('"outcome":"replaced"');
    expect(await instances.sold()).toBe(ORDERS);
  });
});
