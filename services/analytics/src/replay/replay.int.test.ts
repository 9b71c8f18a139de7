import { OrderDelivered, OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import { projections } from '../projections/index.ts';
import type { Projection } from '../projections/projection.ts';
import { sales } from '../projections/sales/sales.ts';
import { listGenerations } from '../store/generations.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { type RunReplay, runReplay } from '../testing/runReplay.ts';

describe('a replay', () => {
  const rig = useRig('beginAnew');

  let number = 0;
  /** Orders that were placed and delivered, at one cafe. */
  const sold = (count: number, cafeId = 'cafe-001') =>
    Array.from({ length: count }, () => `order-${++number}`).flatMap((orderId) => [
      rig.record(OrderPlaced, placed(orderId, { cafeId })),
      rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 60_000 }),
    ]);
  const delivered = async () => (await rig.reports()).funnel.delivered ?? 0;
  const untilDelivered = (count: number) =>
    until(async () => (await delivered()) === count, { what: `${count} deliveries to be counted` });
  /** Has live tables count so many orders, and go on. */
  async function countLive(count: number): Promise<void> {
    await rig.send(...sold(count));
    await rig.follow();
    await untilDelivered(count);
  }
  /** The next release of the service takes over, or one after that, with sales of another version, and goes on with five orders more. */
  async function release(later: number): Promise<{ changed: Projection; known: Projection[] }> {
    const changed = { ...sales, version: sales.version + later };
    const known = projections.map((each) => (each === sales ? changed : each));
    const before = await delivered();
    await rig.rest();
    await rig.follow(known);
    await rig.send(...sold(5));
    await untilDelivered(before + 5);
    return { changed, known };
  }
  const run = (options?: RunReplay) => runReplay(rig.context, options);
  const states = async () =>
    (await listGenerations(rig.db)).map(({ schema, state }) => `${schema} ${state}`).toSorted();

  it('builds tables beside the live ones, reads no further than they are, and switches when both are alike', async () => {
    await countLive(40);
    const before = await rig.reports();

    const { plan, comparisons, outcome } = await run();
    expect(plan).toMatchObject({ records: 80, incomplete: [] });
    expect(comparisons.map(({ different }) => different)).toEqual([0, 0, 0, 0]);
    expect(comparisons.find(({ projection }) => projection === 'sales')).toMatchObject({
      by: 'cafe',
      same: 1,
      totals: { live: { orders: 40, amount: 40 * 420 }, rebuilt: { orders: 40, amount: 40 * 420 } },
    });
    expect(outcome).toMatchObject({ outcome: 'switched' });
    expect(await rig.reports()).toEqual(before);
    expect(await states()).toEqual([
      ...['funnel_g1 old', 'funnel_g2 live', 'latency_g1 old', 'latency_g2 live'],
      ...['sales_g1 old', 'sales_g2 live', 'top_drinks_g1 old', 'top_drinks_g2 live'],
    ]);

    await rig.send(...sold(5));
    await untilDelivered(45);
  });

  it('goes on while events come, and no report ever goes back', async () => {
    await countLive(500);
    let last = 0;
    let ended = false;
    const looking = (async () => {
      for (; !ended; ) {
        const now = await delivered();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    })();
    const sending = (async () => {
      for (let i = 0; i < 20; i++) await rig.send(...sold(10));
    })();
    const { outcome } = await run();
    expect(outcome?.outcome).toBe('switched');
    await sending;
    await untilDelivered(700);
    ended = true;
    await looking;
    expect((await rig.reports()).sales).toMatchObject([{ orders: 700 }]);
  });

  it('leaves the live tables as they were when it is cancelled, and goes on from there when it is resumed', async () => {
    await countLive(3_000);
    const before = await rig.reports();
    const cancelled = new AbortController();
    // After something was stored: then there is something to resume.
    const stored = async () => {
      const { rows } = await rig.db.query('select sum(next_offset)::int as sum from sales_g2.positions');
      return rows[0].sum > 0;
    };
    await expect(
      run({
        signal: cancelled.signal,
        onProgress: () =>
          void stored().then(
            (is) => is && cancelled.abort(new Error('hung up')),
            () => {},
          ),
      }),
    ).rejects.toThrow('hung up');
    expect(await rig.reports()).toEqual(before);
    expect(await states()).toContain('sales_g2 building');

    const { read, outcome } = await run({ beginning: { how: 'resume' } });
    expect(outcome).toMatchObject({ outcome: 'switched' });
    expect(read).toBeLessThan(6_000);
    expect(await rig.reports()).toEqual(before);
    expect(await states()).toContain('sales_g2 live');
  });

  it('begins anew where it was cancelled, unless told otherwise', async () => {
    await rig.send(...sold(10));
    await rig.project();
    expect((await run({ end: 'now' })).outcome).toMatchObject({ outcome: 'built' });
    expect(await states()).toContain('sales_g2 building');
    await rig.send(...sold(5)); // which the live ones have not read
    const { read, outcome } = await run();
    expect(outcome).toMatchObject({ outcome: 'switched' });
    expect(read).toBe(20);
    expect((await states()).some((state) => state.endsWith('building'))).toBe(false);
    await expect(run({ beginning: { how: 'resume' } })).rejects.toMatchObject({
      problemCode: 'NOTHING_TO_RESUME',
    });
  });

  it('says who reads what an earlier one left, before it begins anew, and what a check has built', async () => {
    await countLive(10);
    const reader = await rig.db.connect();
    await reader.query(`set application_name to 'a curious one'`);
    const inUse = (schema: string, then: string) => ({
      problemCode: 'TABLES_IN_USE',
      message: expect.stringMatching(
        new RegExp(
          `^${schema} is still read by a curious one \\(pid \\d+\\), in a transaction for \\d+ s\\. .*${then}`,
        ),
      ),
    });
    await run({ end: 'now', projections: [sales] });
    await reader.query('begin; table sales_g2.by_hour');
    await expect(run()).rejects.toMatchObject(inUse('sales_g2', 'Begin this one again after that'));
    expect(await states()).toContain('sales_g2 building');
    // The check waits until that is read which it has built.
    const gate = await rig.db.connect();
    await gate.query('begin; select pg_advisory_xact_lock_shared(7241872)');
    const refused = expect(run({ end: 'check', projections: [sales] })).rejects.toMatchObject(
      inUse('sales_g3', 'npx brew replay analytics --prune'),
    );
    await until(async () => (await states()).includes('sales_g3 building'));
    await reader.query('table sales_g3.by_hour');
    await gate.end();
    await refused;
    await reader.end();
    expect((await run()).outcome).toMatchObject({ outcome: 'switched' });
  });

  it('is resumed one by one where the projections were left at different places', async () => {
    await rig.send(...sold(10));
    await rig.project();
    await run({ end: 'now', projections: [sales] });
    await rig.send(...sold(5));
    await rig.project();
    await run({ end: 'now', projections: projections.filter((projection) => projection !== sales) });
    const resume = { beginning: { how: 'resume' } } as const;
    await expect(run(resume)).rejects.toMatchObject({ problemCode: 'LEFT_APART' });
    expect((await run({ ...resume, projections: [sales] })).outcome?.outcome).toBe('switched');
    expect((await run(resume)).outcome?.outcome).toBe('switched');
  });

  it('survives the loss of its connection like a cancellation', async () => {
    await countLive(3_000);
    const before = await rig.reports();
    const cut = () =>
      rig.db.query(
        `select pg_terminate_backend(l.pid) from pg_locks l
         where l.locktype = 'advisory' and l.objid = 7241871 and l.granted`,
      );
    await expect(run({ onProgress: () => void cut() })).rejects.toThrow();
    expect(await rig.reports()).toEqual(before);
    expect((await run()).outcome).toMatchObject({ outcome: 'switched' });
    expect(await rig.reports()).toEqual(before);
  });

  it('keeps what it built, and does not switch, when that counts something else; unless that is accepted', async () => {
    await rig.send(...sold(10), ...sold(5, 'cafe-002'));
    await rig.follow();
    await untilDelivered(15);
    await rig.db.query(`update sales_g1.by_hour set amount = amount + 1 where cafe_id = 'cafe-002'`);

    const { comparisons, outcome } = await run();
    expect(outcome).toMatchObject({ outcome: 'different' });
    const row = { cafe_id: 'cafe-002', currency: 'EUR', orders: 5 };
    expect(comparisons.find(({ projection }) => projection === 'sales')).toMatchObject({
      ...{ same: 1, different: 1, less: 1 },
      examples: { live: [{ ...row, amount: 2_101 }], rebuilt: [{ ...row, amount: 2_100 }] },
    });
    expect((await rig.reports()).sales.map(({ amount }) => amount)).toEqual([4_200, 2_101]);

    const accepted = await run({ beginning: { how: 'resume' }, acceptDifferences: true });
    expect(accepted.outcome).toMatchObject({ outcome: 'switched' });
    expect((await rig.reports()).sales.map(({ amount }) => amount)).toEqual([4_200, 2_100]);
  });

  it('does not take for alike what stands in a wrong hour or stage, though the sums are the same', async () => {
    await countLive(10);
    await rig.db.query(`update sales_g1.by_hour set hour = hour - interval '3 hours'`);
    await rig.db.query(`update latency_g1.durations set stage = 'ready'`);
    const { comparisons, outcome } = await run();
    expect(outcome?.outcome).toBe('different');
    const sum = { orders: 10, amount: 4_200 };
    expect(comparisons.filter(({ different }) => different > 0)).toMatchObject([
      { projection: 'sales', same: 0, different: 1, less: 1, totals: { live: sum, rebuilt: sum } },
      { projection: 'latency', same: 0, different: 2, less: 1 },
    ]);
    expect((await states()).filter((state) => state.endsWith('live'))).toContain('sales_g1 live');

    // Nor does a new version become live by itself for that.
    const { known } = await release(1);
    const mender = await rig.mend(known);
    await until(async () => (await mender.health()).detail?.includes('sales'), { what: 'the difference' });
    expect((await mender.health()).detail).toMatch(
      /counts less than what is live in some hours of 1 cafe, in all orders 10, amount 4200 instead of orders 10, amount 4200\. /,
    );
    expect(await states()).toContain('sales_g1 live');
  });

  it('finds what was changed in the tables, and leaves nothing behind', async () => {
    await countLive(10);
    await run({ end: 'now', projections: [sales] });
    const clean = await run({ end: 'check' });
    expect(clean.outcome).toMatchObject({ outcome: 'checked' });
    expect(clean.comparisons.map(({ different }) => different)).toEqual([0, 0, 0, 0]);

    await rig.db.query(`update sales_g1.by_hour set orders = orders + 1`);
    await rig.db.query(`delete from latency_g1.durations`);
    await rig.db.query(`alter table funnel_g1.counts drop constraint counts_pkey`);
    await rig.db.query(`insert into funnel_g1.counts table funnel_g1.counts limit 1`);
    await rig.db.query(`update top_drinks_g1.counts set name = 'Tea'`);
    const { comparisons } = await run({ end: 'check' });
    expect(comparisons).toMatchObject([
      {
        ...{ projection: 'sales', same: 0, different: 1, less: 1 },
        examples: { live: [{ orders: 11 }], rebuilt: [{ orders: 10 }] },
      },
      { projection: 'funnel', same: 1, different: 1, less: 1 },
      { projection: 'latency', same: 0, different: 1, less: 0, examples: { live: [] } },
      { projection: 'top_drinks', same: 0, different: 1, less: 0 },
    ]);
    // But for what somebody else has left to be gone on with.
    expect((await states()).filter((state) => !state.endsWith('g1 live'))).toEqual(['sales_g2 building']);
  });

  it('rebuilds one projection alone, and the others stay what they are', async () => {
    await countLive(10);
    const { comparisons } = await run({ projections: [sales] });
    expect(comparisons.map(({ projection }) => projection)).toEqual(['sales']);
    expect(await states()).toEqual([
      ...['funnel_g1 live', 'latency_g1 live', 'sales_g1 old', 'sales_g2 live', 'top_drinks_g1 live'],
    ]);
    await rig.send(...sold(5));
    await untilDelivered(15);
    expect((await rig.reports()).sales).toMatchObject([{ orders: 15 }]);
  });

  it('replaces the live tables in place, once that is agreed to, and then goes on with what comes', async () => {
    await countLive(10);
    await rig.db.query(`update sales_g1.by_hour set orders = 99`);
    const inPlace = { beginning: { how: 'in place', from: undefined } } as const;
    await expect(run(inPlace)).rejects.toMatchObject({
      problemCode: 'REPLAY_LOSES',
      message: expect.stringContaining('sales_g1 will be removed: there will be no way back to it.'),
    });
    expect((await states()).every((state) => state.endsWith('g1 live'))).toBe(true);

    const agreed = { ...inPlace, acceptLoss: true };
    expect((await run({ ...agreed, projections: [sales] })).outcome?.outcome).toBe('different');
    expect((await rig.reports()).sales).toMatchObject([{ orders: 99 }]);
    for (const [chosen, different] of [
      [[sales], 1],
      [projections, 0],
    ] as const) {
      const { outcome, comparisons } = await run({ ...agreed, projections: chosen, acceptDifferences: true });
      expect(comparisons.find(({ projection }) => projection === 'sales')?.different).toBe(different);
      expect(outcome).toMatchObject({ outcome: 'replaced' });
      expect((await rig.reports()).sales).toMatchObject([{ orders: await delivered() }]);
      const count = await delivered();
      await rig.send(...sold(5));
      await untilDelivered(count + 5);
    }
    expect(await states()).toHaveLength(projections.length);
  });

  it('leaves the live tables as they were also when it is cut off in place', async () => {
    await countLive(100);
    const before = await rig.reports();
    const cancelled = new AbortController();
    cancelled.abort(new Error('hung up'));
    const inPlace = { beginning: { how: 'in place', from: undefined }, acceptLoss: true } as const;
    await expect(run({ ...inPlace, signal: cancelled.signal })).rejects.toThrow('hung up');
    expect(await rig.reports()).toEqual(before);
    expect((await states()).filter((state) => state.endsWith('live'))).toHaveLength(projections.length);
  });

  it('does not wait for who reads the tables in a transaction that stays open, and nobody waits behind it', async () => {
    await countLive(10);
    const reader = await rig.db.connect();
    await reader.query(`set application_name to 'a report that takes long'; begin; table sales.by_hour`);
    const slowest = { ms: 0 };
    let ended = false;
    const held = Promise.withResolvers<void>();
    let tries = 0;
    const replayed = run({ onHeld: () => ++tries === 3 && held.resolve() }).finally(() => {
      ended = true;
    });
    const looking = (async () => {
      for (; !ended; ) {
        const begun = performance.now();
        await delivered();
        slowest.ms = Math.max(slowest.ms, performance.now() - begun);
      }
    })();
    await Promise.race([held.promise, replayed]);
    // Live events go on, too.
    await rig.send(...sold(5));
    await untilDelivered(15);
    expect(ended).toBe(false);
    await reader.query('commit');
    const { outcome, held: told } = await replayed;
    await looking;
    await reader.end();
    expect(outcome?.outcome).toBe('switched');
    expect(told).toContainEqual(
      expect.stringMatching(/^a report that takes long \(pid \d+\), in a transaction for/),
    );
    expect(slowest.ms).toBeLessThan(10_000);
    expect((await rig.reports()).sales).toMatchObject([{ orders: 15 }]);
  });

  it('is compared at the same offsets also with a live one that nothing is read into any more', async () => {
    await countLive(10);
    const { changed, known } = await release(1);
    const context = { ...rig.context, projections: known };
    const { comparisons, outcome } = await runReplay(context, { projections: [changed] });
    expect(comparisons).toMatchObject([{ different: 0, totals: { live: { orders: 10 } } }]);
    expect(outcome?.outcome).toBe('switched');
    expect((await rig.reports()).sales).toMatchObject([{ orders: 15 }]);
    // With all of them, each is compared where its live one is.
    const { known: all } = await release(2);
    const both = await runReplay({ ...rig.context, projections: all });
    expect(both.comparisons).toHaveLength(projections.length);
    expect(both.comparisons).toContainEqual(
      expect.objectContaining({
        projection: 'sales',
        different: 0,
        totals: expect.objectContaining({ live: { orders: 15, amount: 15 * 420 } }),
      }),
    );
    expect(both.outcome?.outcome).toBe('switched');
    expect((await rig.reports()).sales).toMatchObject([{ orders: 20 }]);
  });

  it('only says what it would do when that is asked', async () => {
    await rig.send(...sold(10));
    const { plan, outcome } = await run({ end: 'plan' });
    expect(plan?.records).toBe(20);
    expect(outcome).toMatchObject({ outcome: 'planned', schemas: [] });
    expect((await states()).every((state) => state.endsWith('g1 live'))).toBe(true);
  });

  it('is done by the service itself when the code has another version, which goes on with the old tables meanwhile', async () => {
    await countLive(10);
    const { changed, known } = await release(1);
    // Whose code nobody has any more, they are read, but nothing is read into them.
    expect((await rig.reports()).sales).toMatchObject([{ orders: 10 }]);
    await rig.mend(known);
    await until(async () => (await rig.reports()).sales[0]?.orders === 15, { what: 'the new version' });
    const versions = (await listGenerations(rig.db)).filter(({ projection }) => projection === 'sales');
    expect(versions.map(({ version, state }) => [version, state])).toEqual([
      [sales.version, 'old'],
      [changed.version, 'live'],
    ]);
    await rig.send(...sold(1));
    await untilDelivered(16);
    expect((await rig.reports()).sales).toMatchObject([{ orders: 16 }]);
  });
});
