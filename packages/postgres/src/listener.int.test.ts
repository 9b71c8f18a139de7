import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type Database } from './database.ts';
import { createProxy, type PostgresProxy } from './testing/createProxy.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;
let proxy: PostgresProxy;
let db: Database;

beforeAll(async () => {
  rig = await createRig();
});
beforeEach(async () => {
  proxy = await createProxy(rig.url);
  db = createDatabase({ url: proxy.url, applicationName: 'listening', log: rig.log });
});
afterEach(async () => {
  await db.stop();
  await proxy.stop();
});
afterAll(() => rig.stop());

/** Listens, and keeps what was heard; '' stands for "look now". */
async function hear(channel: string): Promise<string[]> {
  const heard: string[] = [];
  await db.listen(channel, (payload) => heard.push(payload));
  return heard;
}

const tell = (channel: string, payload: string) =>
  rig.db.query('select pg_notify($1, $2)', [channel, payload]);

async function backends(): Promise<number> {
  const { rowCount } = await rig.db.query(
    `select from pg_stat_activity where datname = current_database() and application_name = 'listening'`,
  );
  return rowCount ?? 0;
}

const terminate = () =>
  rig.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'listening'`,
  );

/** Each channel hears what is sent on it, and all of it comes over one connection. */
async function expectHeard(heardOn: Record<string, string[]>): Promise<void> {
  for (const channel of Object.keys(heardOn)) await tell(channel, `to ${channel}`);
  for (const [channel, heard] of Object.entries(heardOn))
    await until(() => heard.includes(`to ${channel}`), { what: `${channel} to hear` });
  expect(await backends()).toBe(1);
}

describe('listen', () => {
  it('hears on all channels that were asked for at once, over one connection', async () => {
    const [one, two, three] = await Promise.all([hear('one'), hear('two'), hear('three')]);
    await expectHeard({ one, two, three });
  });

  it('hears on a channel that is added while the connection is being made again', async () => {
    const one = await hear('one');
    proxy.cut();
    const added = [hear('two'), hear('three')];
    const before = proxy.taken;
    await until(() => proxy.taken > before, { what: 'an attempt to connect' });
    proxy.restore();
    const [two = [], three = []] = await Promise.all(added);
    await expectHeard({ one, two, three });
  });

  it('asks again when its connection is lost at the very moment of listening', async () => {
    const one = await hear('one');
    proxy.cutAt('listen "two"');
    const two = await hear('two');
    await expectHeard({ one, two });
  });

  it('comes back when the connection that is to replace a lost one is lost as well', async () => {
    const [one, two] = [await hear('one'), await hear('two')];
    proxy.cutAt('listen "two"');
    await terminate();
    await until(() => two.length > 1, { what: 'the call to look' });
    await expectHeard({ one, two });
  });

  it('waits out a server that takes connections and drops them', async () => {
    proxy.cut();
    const asked = hear('one');
    await until(() => proxy.taken > 1);
    proxy.restore();
    await expectHeard({ one: await asked });
  });

  it('waits out a server that takes connections and says nothing', async () => {
    proxy.hold();
    const asked = hear('one');
    await until(() => proxy.taken > 1, { what: 'a second attempt' });
    proxy.restore();
    await expectHeard({ one: await asked });
  });

  it('tells to look, when what was sent while nobody was there is lost', async () => {
    const one = await hear('one');
    proxy.cut();
    await until(async () => (await backends()) === 0);
    await tell('one', 'lost');
    const calls = one.length;
    proxy.restore();
    await until(() => one.length > calls);
    expect(one).not.toContain('lost');
    await expectHeard({ one });
  });

  it('tells nobody who has stopped, and goes on for the others', async () => {
    const gone: string[] = [];
    const stop = await db.listen('one', (payload) => gone.push(payload));
    const one = await hear('one');
    await stop();
    await expectHeard({ one });
    expect(gone).toEqual(['']);
  });

  it('goes on when a listener throws, for the others and over the same connection', async () => {
    await db.listen('one', () => {
      throw new Error('no');
    });
    const one = await hear('one');
    await expectHeard({ one });
  });

  it('refuses a channel that PostgreSQL refuses, and the others never notice', async () => {
    const one = await hear('one');
    await expect(hear('')).rejects.toThrow('zero-length delimited identifier');
    await terminate();
    await until(() => one.length > 1);
    await expectHeard({ one });
  });

  it('leaves no connection behind when it is stopped while it connects', async () => {
    const asked = hear('one').catch((error: Error) => error.name);
    await db.stop();
    expect(await asked).toBe('AbortError');
    await until(async () => (await backends()) === 0, { what: 'the connection to be closed' });
  });

  it('can be stopped while nothing answers', async () => {
    proxy.hold();
    const asked = hear('one').catch((error: Error) => error.name);
    await until(() => proxy.taken > 0);
    const before = performance.now();
    await db.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await asked).toBe('AbortError');
  });
});
