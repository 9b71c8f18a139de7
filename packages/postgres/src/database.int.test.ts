import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from './database.ts';
import { isOutage } from './isOutage.ts';
import { createProxy } from './testing/createProxy.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await createRig();
  await rig.db.query('create table things (name text primary key)');
});
afterAll(() => rig.stop());

/** Some 10 s, and more for a busy machine: without our own bounds it would be the quarter of an hour after which TCP gives up. */
const BOUND_MS = 60_000;

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

  it('throws when a statement failed and nobody said so, with what it said: nothing was committed', async () => {
    const attempt = rig.db.transaction(async (tx) => {
      await tx.query("insert into things values ('swallowed')");
      await tx.query("insert into things values ('swallowed')").catch(() => {});
      return 'as if all were well';
    });
    await expect(attempt).rejects.toMatchObject({ name: 'RolledBackError', cause: { code: '23505' } });
    expect(await names()).not.toContain('swallowed');
  });

  it('throws when the statement that failed was not even waited for', async () => {
    const attempt = rig.db.transaction(async (tx) => {
      void tx.query("insert into things values ('unawaited')");
      void tx.query('select 1 / 0');
    });
    await expect(attempt).rejects.toMatchObject({ name: 'RolledBackError', cause: { code: '22012' } });
    expect(await names()).not.toContain('unawaited');
  });

  it('commits when what failed was rolled back to a savepoint', async () => {
    await rig.db.transaction(async (tx) => {
      await tx.query("insert into things values ('before the savepoint')");
      await tx.query('savepoint here');
      await tx.query('select 1 / 0').catch(() => {});
      await tx.query('rollback to savepoint here');
    });
    expect(await names()).toContain('before the savepoint');
  });

  it('throws what PostgreSQL finds wrong when it commits', async () => {
    await rig.db.query('create table parts (whole text references things deferrable initially deferred)');
    const attempt = rig.db.transaction((tx) => tx.query("insert into parts values ('of nothing')"));
    await expect(attempt).rejects.toMatchObject({ code: '23503' });
  });

  it('is over with its end: what was left running writes nothing outside of it', async () => {
    const late = Promise.withResolvers<void>();
    let straggler: Promise<unknown> | undefined;
    const attempt = rig.db.transaction(async (tx) => {
      straggler = late.promise.then(() => tx.query("insert into things values ('late')"));
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    late.resolve();
    await expect(straggler).rejects.toThrow('The transaction is over');
    expect(await names()).not.toContain('late');
  });

  it('leaves nothing to the next one when its rollback is lost with the connection', async () => {
    await using proxy = await createProxy(rig.url);
    await using db = createDatabase({ url: proxy.url, applicationName: 'test', max: 1, log: rig.log });
    const failure = new Error('no');
    proxy.cutAt('rollback');
    const attempt = db.transaction(async (tx) => {
      await tx.query("insert into things values ('half')");
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    await db.transaction((tx) => tx.query("insert into things values ('whole')"));
    expect(await names()).toEqual(expect.arrayContaining(['whole']));
    expect(await names()).not.toContain('half');
  });

  it('does not wait for the rollback of a server that went silent', async () => {
    await using proxy = await createProxy(rig.url);
    await using db = createDatabase({ url: proxy.url, applicationName: 'test', max: 1, log: rig.log });
    const attempt = db.transaction(async (tx) => {
      await tx.query('select 1');
      proxy.hold();
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    proxy.restore();
    await db.transaction((tx) => tx.query("insert into things values ('afterwards')"));
    expect(await names()).toContain('afterwards');
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

describe('a pool', () => {
  it('passes on no transaction that somebody began without transaction() and left open', async () => {
    await using db = createDatabase({ url: rig.url, applicationName: 'test', max: 1, log: rig.log });
    await db.query('begin');
    await db.query("insert into things values ('by the way')");
    expect(await names()).toContain('by the way');
  });

  it('takes a server that accepts connections and says nothing for an outage', async () => {
    await using proxy = await createProxy(rig.url);
    await using db = createDatabase({ url: proxy.url, applicationName: 'test', log: rig.log });
    proxy.hold();
    await expect(db.connect().catch(isOutage)).resolves.toBe(true);
    await expect(db.query('select 1').catch(isOutage)).resolves.toBe(true);
  });

  it('fails what waits when packets are dropped, and works again soon when they are not', async () => {
    await using proxy = await createProxy(rig.url);
    await using db = createDatabase({ url: proxy.url, applicationName: 'test', max: 2, log: rig.log });
    await Promise.all([db.query('select 1'), db.query('select 1')]);
    proxy.hold();
    const since = performance.now();
    const waiting = [
      db.query('select 1'),
      db.transaction((tx) => tx.query("insert into things values ('into the void')")),
      ...Array.from({ length: 20 }, () => db.query('select 1')),
    ];
    const ends = await Promise.all(
      waiting.map((each) =>
        each.then(
          () => 'answered',
          (error) => isOutage(error),
        ),
      ),
    );
    expect(new Set(ends)).toEqual(new Set([true]));
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
    proxy.restore();
    const restored = performance.now();
    await until(() => db.query('select 1').catch(() => false));
    expect(performance.now() - restored).toBeLessThan(BOUND_MS);
  });

  it('lets so many wait for a connection, and refuses the others at once', async () => {
    await using db = createDatabase({ url: rig.url, applicationName: 'test', max: 1, log: rig.log });
    const end = Promise.withResolvers<void>();
    const taken = db.transaction(async (tx) => {
      await tx.query('select 1');
      await end.promise;
    });
    const waiting = Array.from({ length: 600 }, () =>
      db.query('select 1').then(
        () => 'done',
        (error) => (isOutage(error) ? (error as Error).message : error),
      ),
    );
    const refused = await Promise.all(waiting.slice(500));
    end.resolve();
    const letIn = await Promise.all(waiting.slice(0, 500));
    expect(new Set(refused)).toEqual(new Set(['Too many wait for a connection to PostgreSQL: 500']));
    // Whose turn has not come after 5 s gives up: on a busy machine that may be some, or all.
    const turns = letIn.filter((end) => end !== 'timeout exceeded when trying to connect');
    expect(new Set(['done', ...turns])).toEqual(new Set(['done']));
    await taken;
    // And there is room again.
    await until(() => db.query('select 1').catch(() => false));
  });

  it('takes a statement that waits for a lock too long for an outage, and waits longer where that is said', async () => {
    await using db = createDatabase({
      url: rig.url,
      applicationName: 'test',
      statementMs: 300,
      log: rig.log,
    });
    await rig.db.transaction(async (tx) => {
      await tx.query('lock table things');
      await expect(db.query('table things').catch(isOutage)).resolves.toBe(true);
    });
    await db.transaction((tx) => tx.query('select pg_sleep(0.6)'), { statementMs: 5_000 });
    await expect(db.query('select pg_sleep(0.6)')).rejects.toMatchObject({ code: '57014' });
  });

  it('does not begin a transaction that nobody wants any more', async () => {
    const begun = rig.db.transaction(async () => 'begun', { signal: AbortSignal.abort(new Error('gone')) });
    await expect(begun).rejects.toThrow('gone');
    await expect(rig.db.query('select 1')).resolves.toMatchObject({ rowCount: 1 });
  });

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
