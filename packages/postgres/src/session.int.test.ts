import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDatabase } from './database.ts';
import { isOutage } from './isOutage.ts';
import type { Session } from './session.ts';
import { createProxy } from './testing/createProxy.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

/** At most some 15 s, and more for a busy machine: without our own bounds it would be the quarter of an hour after which TCP gives up. */
const BOUND_MS = 60_000;

const locks = async (session: Session, lock: number) =>
  (await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [lock])).rows[0]
    ?.taken;

it('goes over to another in time when its holder is cut off, who knows it by then; and stays with one that is only idle', async () => {
  await using proxy = await createProxy(rig.url);
  await using behind = createDatabase({ url: proxy.url, applicationName: 'cut off', log: rig.log });
  await using silent = await behind.connect();
  await using idle = await rig.db.connect();
  await using other = await rig.db.connect();
  expect([await locks(silent, 1), await locks(idle, 2)]).toEqual([true, true]);

  proxy.hold();
  const since = performance.now();
  await until(() => locks(other, 1), { what: 'the lock to be free' });
  expect(performance.now() - since).toBeLessThan(BOUND_MS);
  expect(await silent.isHeld()).toBe(false);
  expect(silent.lost.aborted).toBe(true);
  await expect(silent.query('select 1').catch(isOutage)).resolves.toBe(true);
  // Longer than PostgreSQL keeps who says nothing.
  expect(await idle.isHeld()).toBe(true);
  expect(await locks(other, 2)).toBe(false);
});

it('is known to be held without asking, as long as PostgreSQL was heard a moment ago; not when it is gone', async () => {
  await using session = await rig.db.connect();
  expect(await session.isHeld()).toBe(true);
  await expect(session.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
  expect(await session.isHeld()).toBe(true);
  await rig.terminateBackends();
  await until(() => session.lost.aborted, { what: 'the loss to be noticed' });
  expect(await session.isHeld()).toBe(false);
});

it('may take longer for a statement when that is said', async () => {
  await using brief = await rig.db.connect({ statementMs: 100 });
  await expect(brief.query('select pg_sleep(2)')).rejects.toMatchObject({ code: '57014' });
  await using patient = await rig.db.connect({ statementMs: 5_000 });
  await expect(patient.query('select pg_sleep(0.3)')).resolves.toMatchObject({ rowCount: 1 });
});

it('is given up with its signal, and with it its locks, also while PostgreSQL is at a statement', async () => {
  const hungUp = new AbortController();
  const { signal } = hungUp;
  await using session = await rig.db.connect({ statementMs: 600_000, signal });
  await using other = await rig.db.connect();
  expect(await locks(session, 3)).toBe(true);
  const long = session.query('select pg_sleep(600)').catch((error) => error);
  const reason = new Error('hung up');
  hungUp.abort(reason);
  expect(await long).toBe(reason);
  await expect(session.query('select 1')).rejects.toBe(reason);
  await expect(rig.db.connect({ signal })).rejects.toBe(reason);
  expect(session.lost.aborted).toBe(true);
  await until(() => locks(other, 3), { what: 'the lock to be free' });
});

it('can be ended although nobody answers', async () => {
  await using proxy = await createProxy(rig.url);
  await using behind = createDatabase({ url: proxy.url, applicationName: 'cut off', log: rig.log });
  const session = await behind.connect();
  proxy.hold();
  const since = performance.now();
  await Promise.all([session.end(), session.end()]);
  expect(performance.now() - since).toBeLessThan(BOUND_MS);
});
