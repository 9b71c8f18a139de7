import { randomUUID } from 'node:crypto';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimInbox, pruneInbox } from './inbox.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
const claim = (eventIds: string[]) => rig.db.transaction((tx) => claimInbox(tx, eventIds));

describe('the inbox', () => {
  it('lets each event through once, also when it is twice in one claim', async () => {
    const [a = '', b = '', c = ''] = ids(3);
    expect(await claim([a, b, a])).toEqual(new Set([a, b]));
    expect(await claim([b, c])).toEqual(new Set([c]));
    expect(await claim([])).toEqual(new Set());
  });

  it('lets an event through again when the transaction that claimed it rolled back', async () => {
    const [a = ''] = ids(1);
    const attempt = rig.db.transaction(async (tx) => {
      await claimInbox(tx, [a]);
      throw new Error('handler failed');
    });
    await expect(attempt).rejects.toThrow('handler failed');
    expect(await claim([a])).toEqual(new Set([a]));
  });

  it('lets one of two transactions have an event that both claim at the same time', async () => {
    const [a = ''] = ids(1);
    const first = Promise.withResolvers<void>();
    const claimed = Promise.withResolvers<Set<string>>();
    const holding = rig.db.transaction(async (tx) => {
      claimed.resolve(await claimInbox(tx, [a]));
      await first.promise;
    });
    expect(await claimed.promise).toEqual(new Set([a]));
    const second = claim([a]);
    await until(
      async () =>
        (
          await rig.db.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          )
        ).rowCount === 1,
      { what: 'the second claim to wait for the first' },
    );
    first.resolve();
    await holding;
    expect(await second).toEqual(new Set());
  });

  it('does not deadlock when overlapping claims come in different orders', async () => {
    const many = ids(200);
    const claims = await Promise.all([claim(many), claim(many.toReversed()), claim(many)]);
    expect(claims.reduce((sum, fresh) => sum + fresh.size, 0)).toBe(200);
  });

  it('forgets what is older than asked for, a batch at a time', async () => {
    await rig.db.query('truncate inbox');
    const old = ids(3);
    await claim(old);
    await rig.db.query("update inbox set claimed_at = now() - interval '2 days'");
    const [fresh = ''] = ids(1);
    await claim([fresh]);
    const day = 24 * 60 * 60 * 1000;
    expect(await pruneInbox(rig.db, day, 2)).toBe(2);
    expect(await pruneInbox(rig.db, day, 2)).toBe(1);
    expect(await pruneInbox(rig.db, day, 2)).toBe(0);
    const { rows } = await rig.db.query('select event_id from inbox');
    expect(rows).toEqual([{ event_id: fresh }]);
  });

  it('forgets nothing where a topic holds its records for longer than there are times', async () => {
    await rig.db.query('truncate inbox');
    await claim(ids(1));
    expect(await pruneInbox(rig.db, Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(await pruneInbox(rig.db, 2 ** 63)).toBe(0); // retention.ms is a long
  });

  it('does not read the table to find what is old, also once pages are used again', async () => {
    await rig.db.query('truncate inbox');
    // One moment for each of 60,000 events, half of which are pruned; the next ones lie where those were.
    const fill = (from: number, to: number) =>
      rig.db.query(
        `insert into inbox select gen_random_uuid(), now() + n * interval '1 second' from generate_series($1::int, $2) n`,
        [from, to],
      );
    await fill(-60_000, -1);
    await rig.db.query('delete from inbox where get_byte(uuid_send(event_id), 0) % 2 = 0');
    await rig.db.query('vacuum analyze inbox');
    await fill(0, 30_000);
    await rig.db.query(`delete from inbox where claimed_at < now() - interval '2 hours'`);
    await rig.db.query('vacuum analyze inbox');
    const pages = await rig.db.transaction(async (tx) => {
      const fetched = async () =>
        Number(
          (await tx.query(`select pg_stat_get_xact_blocks_fetched('inbox'::regclass) as pages`)).rows[0]
            ?.pages,
        );
      const before = await fetched();
      await pruneInbox(tx, 2 * 60 * 60 * 1_000);
      return (await fetched()) - before;
    });
    expect(pages).toBeLessThan(100); // of some 400
  });
});
