import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from './database.ts';
import { isOutage } from './isOutage.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await createRig();
  await rig.db.query('create table things (name text primary key)');
});
afterAll(() => rig.stop());

const names = async () => {
  const { rows } = await rig.db.query<{ name: string }>('select name from things order by name');
  return rows.map((row) => row.name);
};

describe('a transaction', () => {
  it('keeps everything when the function returns', async () => {
    const result = await rig.db.transaction(async (tx) => {
      await tx.query("insert into things values ('kept')");
      return 'result';
    });
    expect(result).toBe('result');
    expect(await names()).toContain('kept');
  });

  it('keeps nothing when the function throws, and throws the same error', async () => {
    const failure = new Error('no');
    const attempt = rig.db.transaction(async (tx) => {
      await tx.query("insert into things values ('undone')");
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect(await names()).not.toContain('undone');
  });

  it('runs statements that are issued together in their order, and keeps none of them when one fails', async () => {
    const attempt = rig.db.transaction((tx) =>
      Promise.all([
        tx.query("insert into things values ('one')"),
        tx.query("insert into things select name || ' and two' from things where name = 'one'"),
        tx.query("insert into things values ('one')"),
        tx.query("insert into things values ('three')"),
      ]),
    );
    await expect(attempt).rejects.toMatchObject({
      code: '23505',
      detail: 'Key (name)=(one) already exists.',
    });
    expect(await names()).not.toContain('one');
    await rig.db.transaction((tx) =>
      Promise.all([
        tx.query("insert into things values ('one')"),
        tx.query("insert into things select name || ' and two' from things where name = 'one'"),
      ]),
    );
    expect(await names()).toEqual(expect.arrayContaining(['one', 'one and two']));
  });

  it('fails with an outage when its connection is terminated between two queries, and the next one works', async () => {
    const attempt = rig.db.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await rig.db.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await until(
        async () =>
          (await rig.db.query('select 1 from pg_stat_activity where pid = $1', [rows[0]?.pid])).rowCount ===
          0,
      );
      await tx.query("insert into things values ('lost')");
    });
    await expect(attempt.catch((error) => isOutage(error))).resolves.toBe(true);
    await rig.db.transaction((tx) => tx.query("insert into things values ('after')"));
    expect(await names()).toContain('after');
    expect(await names()).not.toContain('lost');
  });
});

describe('listen', () => {
  it('delivers notifications of other connections', async () => {
    const heard: string[] = [];
    const stop = await rig.db.listen('greetings', (payload) => heard.push(payload));
    await rig.db.query("select pg_notify('greetings', 'hello')");
    await until(() => heard.includes('hello'));
    await stop();
  });

  it('hears again after its connection was terminated, and is told to look at once', async () => {
    const heard: string[] = [];
    const stop = await rig.db.listen('news', (payload) => heard.push(payload));
    const before = heard.length;
    await rig.terminateBackends();
    await until(() => heard.length > before, {
      what: 'the call that tells that something may have been missed',
    });
    await rig.db.query("select pg_notify('news', 'after')");
    await until(() => heard.includes('after'));
    await stop();
  });
});

describe('a pool', () => {
  it('survives that its idle connections are terminated', async () => {
    await rig.terminateBackends();
    await expect(until(async () => (await rig.db.query('select 1')).rowCount === 1)).resolves.toBe(true);
  });

  it('says within 2 s that the database does not answer', async () => {
    await using db = createDatabase({
      url: 'postgresql://nobody@127.0.0.1:1/none',
      applicationName: 'test',
      log: rig.log,
    });
    await expect(db.ping().catch(isOutage)).resolves.toBe(true);
  });

  it('can be stopped twice, and then says that it is away', async () => {
    const db = createDatabase({ url: rig.url, applicationName: 'test', log: rig.log });
    await Promise.all([db.stop(), db.stop()]);
    await expect(db.query('select 1').catch(isOutage)).resolves.toBe(true);
  });
});
