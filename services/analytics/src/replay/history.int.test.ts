import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OrderDelivered, OrderPlaced, PaymentReceived } from '@brew/events';
import type { OutgoingRecord } from '@brew/kafka';
import { until } from '@brew/sandbox/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { funnel } from '../projections/funnel/funnel.ts';
import { projections } from '../projections/index.ts';
import { hourOf, type Projection } from '../projections/projection.ts';
import { sales } from '../projections/sales/sales.ts';
import { listGenerations } from '../store/generations.ts';
import { tryLock } from '../store/locks.ts';
import { placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { type RunReplay, runReplay } from '../testing/runReplay.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The first hour of which the topics hold something, but not all. */
const CUT = hourOf(Date.now()) - 5 * HOUR_MS;
const OLD = CUT - 8 * HOUR_MS;
/** The first of which they hold everything. */
const WHOLE = CUT + HOUR_MS;
const NEW = CUT + 2 * HOUR_MS;

describe('what topics do not hold any more', () => {
  const rig = useRig('beginAnew');
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  const run = (options?: RunReplay) => runReplay(rig.context, options);
  const place = (orderId: string, at: number) =>
    rig.record(OrderPlaced, placed(orderId, { placedAt: at }), new Date(at));
  const pay = (orderId: string, at: number) =>
    rig.record(
      PaymentReceived,
      { orderId, paymentId: 'p', amount: { amount: 420, currency: 'EUR' }, receivedAt: at },
      new Date(at),
    );
  const deliver = (orderId: string, at: number) =>
    rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: at }, new Date(at));
  /** Orders that are placed, paid and delivered from a time on. */
  const lives = (name: string, count: number, from: number): OutgoingRecord[] =>
    Array.from({ length: count }, (_, i) => [`${name}-${i}`, from + i * 5_000] as const).flatMap(
      ([orderId, at]) => [
        place(orderId, at),
        pay(orderId, at + MINUTE_MS),
        deliver(orderId, at + 5 * MINUTE_MS),
      ],
    );
  /** With records that say they were written at another time. */
  const dated = (records: OutgoingRecord[], at: number) =>
    records.map((record) => ({ ...record, timestamp: new Date(at) }));
  const untilPlaced = (count: number) =>
    until(async () => (await rig.reports()).funnel.placed === count, {
      what: `${count} orders to be counted`,
    });

  /** Live tables that have counted what the topics have lost since; two orders were under way then, and one of them is delivered by now. */
  async function loseTheBeginning(): Promise<void> {
    await rig.send(...lives('old', 30, OLD), place('slow', OLD), place('slower', OLD));
    await rig.follow();
    await untilPlaced(32);
    for (const type of [OrderPlaced, PaymentReceived, OrderDelivered])
      await rig.deleteRecords(rig.topicOf(type));
    await rig.send(...lives('cut', 30, CUT), ...lives('new', 30, NEW), deliver('slow', NEW));
    await untilPlaced(92);
    await until(async () => (await rig.reports()).funnel.delivered === 91);
  }

  const without = (projection: Projection) => projections.filter((each) => each !== projection);

  it('is carried over by the hour, and the rest is built and compared', async () => {
    await loseTheBeginning();
    const before = await rig.reports();
    expect(before.sales.reduce((sum, { orders }) => sum + orders, 0)).toBe(91);
    // What is wrong in hours that nobody can build stays as it is.
    await rig.db.query('update sales_g1.by_hour set amount = amount + 1 where hour = $1', [new Date(OLD)]);

    const { plan } = await run({ end: 'plan' });
    expect(plan?.incomplete.map(({ topic }) => topic)).toEqual(
      expect.arrayContaining([OrderPlaced, PaymentReceived, OrderDelivered].map(rig.topicOf)),
    );
    expect(plan?.projections).toEqual(
      projections.map(({ name }) => ({
        ...{ name, live: `${name}_g1`, gone: null },
        builtSince: new Date(WHOLE).toISOString(),
        limitedBy: { topic: expect.any(String), since: expect.any(String) },
      })),
    );
    const { comparisons, outcome } = await run();
    expect(outcome?.outcome).toBe('switched');
    expect(comparisons).toHaveLength(projections.length);
    expect(comparisons.every(({ since }) => since === new Date(WHOLE).toISOString())).toBe(true);
    expect(comparisons.find(({ projection }) => projection === 'sales')?.totals.live).toMatchObject({
      orders: 31,
    });
    const [first, ...others] = before.sales;
    expect(await rig.reports()).toEqual({
      ...before,
      sales: [{ ...first, amount: (first?.amount ?? 0) + 1 }, ...others],
    });

    // What was under way is still known, and counts once.
    await rig.send(
      deliver('slower', NEW + HOUR_MS),
      deliver('slow', NEW + HOUR_MS),
      deliver('new-1', NEW + HOUR_MS),
    );
    await untilSold(92);
    await rig.send(...lives('now', 1, NEW + HOUR_MS));
    await untilSold(93);
    const { funnel, latency } = await rig.reports();
    expect(funnel).toEqual({ placed: 93, paid: 91, delivered: 93 });
    expect(latency.delivered.orders).toBe(93);
  });

  it.each([
    ['takes orders over', 'orders_at_hand'],
    ['compares', 'by_hour'],
  ])('does not keep a replay that is hung up while it %s: others may begin at once', async (_what, table) => {
    await loseTheBeginning();
    await rig.rest();
    await using holder = await rig.db.connect();
    await using other = await rig.db.connect();
    await holder.query(`begin; lock table sales_g1.${table}`);
    const hungUp = new AbortController();
    const cancelled = expect(run({ signal: hungUp.signal })).rejects.toThrow('hung up');
    await until(
      async () => {
        const waiting = 'select from pg_locks where relation = $1::regclass and not granted';
        return (await rig.db.query(waiting, [`sales_g1.${table}`])).rowCount;
      },
      { what: 'it to wait for the table' },
    );
    hungUp.abort(new Error('hung up'));
    await until(() => tryLock(other, 'replay'), { what: 'another replay to begin', timeoutMs: 60_000 });
    await cancelled;
    await holder.query('rollback');
  });

  it('is kept also by the next rebuild, and by one from a time on', async () => {
    await loseTheBeginning();
    const before = await rig.reports();
    await run();
    expect((await run()).outcome?.outcome).toBe('switched');
    expect(await rig.reports()).toEqual(before);
    const { plan, outcome } = await run({ beginning: { how: 'beside', from: new Date(NEW) } });
    expect(plan?.projections[0]?.builtSince).toBe(new Date(NEW + HOUR_MS).toISOString());
    expect(outcome?.outcome).toBe('switched');
    expect(await rig.reports()).toEqual(before);
  });

  it('is kept by every rebuild while a topic that was made anew is empty', async () => {
    await rig.send(...lives('old', 30, OLD), ...lives('new', 30, NEW));
    await rig.follow();
    await until(async () => (await rig.reports()).funnel.delivered === 60);
    const before = await rig.reports();
    await rig.recreate(rig.topicOf(OrderDelivered));
    const first = await run();
    expect(first.outcome?.outcome).toBe('switched');
    const sourceOf = ({ plan }: typeof first) => plan?.projections.find(({ name }) => name === 'sales');
    const limitedBy = { topic: rig.topicOf(OrderDelivered), since: null };
    expect(sourceOf(first)).toMatchObject({ limitedBy });

    // Its id is the one that was read by now.
    const again = await run({ beginning: { how: 'in place', from: undefined }, acceptLoss: true });
    expect(again.outcome?.outcome).toBe('replaced');
    expect(sourceOf(again)).toMatchObject({ builtSince: sourceOf(first)?.builtSince, limitedBy });
    expect(await rig.reports()).toEqual(before);
  });

  it('is carried over also by a replay that was left and is resumed', async () => {
    await loseTheBeginning();
    const before = await rig.reports();
    expect((await run({ end: 'now' })).outcome?.outcome).toBe('built');
    await rig.send(...lives('later', 5, NEW + HOUR_MS));
    await untilSold(96);
    const { plan, outcome } = await run({ beginning: { how: 'resume' } });
    expect(plan?.projections[0]?.builtSince).toBe(new Date(WHOLE).toISOString());
    expect(outcome?.outcome).toBe('switched');
    const after = await rig.reports();
    expect(after.funnel).toEqual({ placed: 97, paid: 95, delivered: 96 });
    expect(after.sales.slice(0, 2)).toEqual(before.sales.slice(0, 2));
  });

  it('is no difference to a check, which still finds one in what they hold', async () => {
    await loseTheBeginning();
    const found = async () =>
      (await run({ end: 'check' })).comparisons.filter(({ different }) => different > 0);
    expect(await found()).toEqual([]);
    // Nor is it that minutes have become an hour.
    await rig.db.query(`
      with minutes as (delete from latency_g1.durations returning *)
      insert into latency_g1.durations
      select date_trunc('hour', minute, 'UTC') as hour, stage, ms, sum(orders) from minutes group by hour, stage, ms`);
    expect(await found()).toEqual([]);
    await rig.db.query('update sales_g1.by_hour set amount = amount + 1 where hour = $1', [new Date(NEW)]);
    expect(await found()).toMatchObject([{ projection: 'sales', same: 0, different: 1, less: 1 }]);
    expect((await run()).outcome?.outcome).toBe('different');
  });

  it('leaves a check nothing to compare as long as a partition that lost its records is empty, which it says', async () => {
    await rig.send(...lives('old', 30, OLD));
    await rig.follow();
    await untilPlaced(30);
    await rig.deleteRecords(rig.topicOf(OrderPlaced));
    const { plan, comparisons } = await run({ end: 'check' });
    expect(new Set(plan?.projections.map(({ limitedBy }) => limitedBy?.topic))).toEqual(
      new Set([rig.topicOf(OrderPlaced)]),
    );
    for (const source of plan?.projections ?? []) {
      expect(source.limitedBy?.since).toBeNull();
      expect(comparisons.find(({ projection }) => projection === source.name)).toMatchObject({
        ...{ since: source.builtSince, same: 0, different: 0 },
      });
    }
  });

  it('stays when the code has a new version, which is built at the start', async () => {
    await loseTheBeginning();
    const before = await rig.reports();
    await rig.rest();
    const changed = { ...sales, version: sales.version + 1 };
    const known = [changed, ...without(sales)];
    await rig.follow(known);
    await rig.send(...lives('later', 5, NEW + HOUR_MS));
    await rig.mend(known);
    await untilSold(96);
    expect((await rig.reports()).sales.slice(0, 3)).toEqual(before.sales);
    const live = (await listGenerations(rig.db)).find(
      (one) => one.projection === 'sales' && one.state === 'live',
    );
    expect(live).toMatchObject({ version: changed.version, builtSince: new Date(WHOLE), whole: true });
  });

  it('is told from when a partition begins, also where its first records are dated wrongly', async () => {
    await rig.send(...lives('old', 30, OLD));
    await rig.follow();
    await untilPlaced(30);
    for (const type of [OrderPlaced, PaymentReceived, OrderDelivered])
      await rig.deleteRecords(rig.topicOf(type));
    const wrong = dated(lives('wrong', 4, CUT), OLD - 24 * HOUR_MS);
    await rig.send(...wrong, ...lives('cut', 30, CUT));
    await untilPlaced(64);
    const { plan } = await run({ end: 'plan' });
    expect(new Set(plan?.projections.map(({ builtSince }) => builtSince))).toEqual(
      new Set([new Date(WHOLE).toISOString()]),
    );
  });

  it('is not thrown away where a new version counts less than what is live, before somebody agrees to that', async () => {
    await rig.send(...lives('old', 30, OLD));
    await rig.follow();
    await untilPlaced(30);
    for (const type of [OrderPlaced, PaymentReceived, OrderDelivered])
      await rig.deleteRecords(rig.topicOf(type));
    // The topics seem to reach back further than they do.
    await rig.send(...dated(lives('wrong', 30, CUT), OLD - 24 * HOUR_MS), ...lives('new', 10, NEW));
    await untilPlaced(70);
    const before = await rig.reports();
    await rig.rest();
    const sold = { ...sales, version: sales.version + 1 };
    const stepped = { ...funnel, version: funnel.version + 1 };
    // Of one that counts the same the new version becomes live all the same.
    const known = projections.map((code) => (code === sales ? sold : code === funnel ? stepped : code));
    await rig.db.query('truncate funnel_g1.counts');
    await rig.follow(known);
    const mender = await rig.mend(known);
    await until(async () => (await mender.health()).detail?.includes('sales'), {
      what: 'what would be gone',
    });
    expect((await mender.health()).detail).toMatch(
      /The new version of sales, .* counts less than what is live .* orders 40, .* instead of orders 70, .* npx brew replay analytics --projection sales --yes/,
    );
    expect((await rig.reports()).sales).toEqual(before.sales);
    const liveOf = async (name: string) =>
      (await listGenerations(rig.db)).find(
        ({ projection, state }) => projection === name && state === 'live',
      );
    await until(async () => (await liveOf('funnel'))?.version === stepped.version, {
      what: 'the new version that counts no less',
    });
    expect((await liveOf('sales'))?.version).toBe(sales.version);

    const context = { ...rig.context, projections: known };
    const { comparisons, outcome } = await runReplay(context, {
      projections: [sold],
      acceptDifferences: true,
    });
    expect(comparisons).toMatchObject([{ less: 1 }]);
    expect(outcome?.outcome).toBe('switched');
    await until(async () => (await mender.health()).detail === undefined, {
      what: 'nothing to be left to agree to',
      timeoutMs: 60_000,
    });
  });

  it('is not thrown away for a version with other tables, before somebody agrees to that', async () => {
    await loseTheBeginning();
    const before = await rig.reports();
    await rig.rest();
    const changed = { ...sales, version: sales.version + 1, tables: await tablesWithTips() };
    const known = [changed, ...without(sales)];
    await rig.follow(known);
    const mender = await rig.mend(known);
    await until(async () => (await mender.health()).detail?.includes('sales_g1'), {
      what: 'what would be gone',
    });
    expect((await mender.health()).detail).toMatch(
      /What sales_g1 counts of the time before .* will be gone: its tables are those of another version/,
    );
    expect((await rig.reports()).sales).toEqual(before.sales);
    await mender.stop();

    const context = { ...rig.context, projections: known };
    await expect(runReplay(context, { projections: [changed] })).rejects.toMatchObject({
      problemCode: 'REPLAY_LOSES',
    });
    expect(
      (await runReplay(context, { projections: [changed], end: 'plan' })).plan?.projections[0]?.gone,
    ).toMatch(/What sales_g1 counts/);
    const { outcome } = await runReplay(context, { projections: [changed], acceptLoss: true });
    expect(outcome?.outcome).toBe('switched');
    // From the topics alone: with what was placed before their beginning, which is known from the live generation.
    expect((await rig.reports()).sales.reduce((sum, { orders }) => sum + orders, 0)).toBe(61);
  });

  const untilSold = (count: number) =>
    until(async () => (await rig.reports()).sales.reduce((sum, { orders }) => sum + orders, 0) === count, {
      what: `${count} orders to be sold`,
    });

  /** A column more, which no earlier version has. */
  async function tablesWithTips(): Promise<URL> {
    const folder = await mkdtemp(join(tmpdir(), 'brew-test-'));
    folders.push(folder);
    const file = join(folder, 'tables.sql');
    await writeFile(
      file,
      `create table by_hour (
         cafe_id text, hour timestamptz, currency text, orders bigint, amount numeric, tips numeric not null default 0,
         primary key (cafe_id, hour, currency))`,
    );
    return pathToFileURL(file);
  }
});
