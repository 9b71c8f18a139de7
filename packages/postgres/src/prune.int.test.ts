import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pruneLetterActions, pruneLetters, pruneOrders } from './prune.ts';
import { createRig, type Rig } from './testing/rig.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

/** An id of an order that was placed so many days ago, as RFC 9562 lays it out. */
function placed(daysAgo: number): string {
  const hex = Math.floor(Date.now() - daysAgo * DAY_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

describe('pruning orders', () => {
  const prunable = { table: 'things', over: `stage = 'over'` };

  it('deletes what is over and old enough, the oldest first, a portion at a time', async () => {
    await rig.db.query('create table things (order_id text primary key, stage text not null)');
    const rows = [
      [placed(400), 'over'],
      [placed(92), 'open'],
      [placed(91), 'over'],
      [placed(89), 'over'],
      [placed(0), 'over'],
      ['an id of somebody else', 'over'],
    ];
    for (const row of rows) await rig.db.query('insert into things values ($1, $2)', row);
    const left = async () =>
      (await rig.db.query<{ order_id: string }>('select order_id from things')).rows.map(
        (row) => row.order_id,
      );

    expect(await pruneOrders(rig.db, prunable, 90, 1)).toBe(1);
    expect(await left()).toEqual(rows.slice(1).map(([id]) => id));
    expect(await pruneOrders(rig.db, prunable, 90, 10)).toBe(1);
    expect(await pruneOrders(rig.db, prunable, 90, 10)).toBe(0);
    expect(await left()).toEqual([rows[1], rows[3], rows[4], rows[5]].map((row) => row?.[0]));
  });

  it('keeps everything where the days reach back to before 1970', async () => {
    await rig.db.query('create table kept (order_id text primary key)');
    await rig.db.query('insert into kept values ($1), ($2)', [placed(10_000), placed(0)]);
    const kept = { table: 'kept', over: 'true' };
    for (const days of [Math.ceil(Date.now() / DAY_MS), 36_500])
      expect(await pruneOrders(rig.db, kept, days, 10)).toBe(0);
    expect(await pruneOrders(rig.db, kept, 9_999, 10)).toBe(1);
  });

  it('leaves alone what somebody works on, and does not wait for it', async () => {
    const id = placed(100);
    await rig.db.query('create table busy (order_id text primary key)');
    await rig.db.query('insert into busy values ($1)', [id]);
    const deleted = await rig.db.transaction(async (tx) => {
      await tx.query('select from busy for update');
      return await pruneOrders(rig.db, { table: 'busy', over: 'true' }, 90, 10);
    });
    expect(deleted).toBe(0);
  });
});

it('pruning letters leaves those that wait, and those that tell that a loss is known', async () => {
  const insert = (status: string, reason: string, days: number) =>
    rig.db.query(
      `insert into letters (dlq_partition, dlq_offset, parked_at, reason, header_names, header_values, record_timestamp, value_bytes,
                            bytes, content, status, resolved_at)
       values (0, 0, now(), $2, '{}', '{}', 0, 0, 0, '', $1, case when $1 <> 'waiting' then now() - $3 * interval '1 day' end)`,
      [status, reason, days],
    );
  await insert('waiting', 'failed', 400);
  await insert('redriven', 'failed', 91);
  await insert('discarded', 'foreign', 91);
  await insert('discarded', 'deleted', 400);
  await insert('redriven', 'failed', 89);
  expect(await pruneLetters(rig.db, 90, 10)).toBe(2);
  const { rows } = await rig.db.query('select status, reason from letters order by id');
  expect(rows).toEqual([
    { status: 'waiting', reason: 'failed' },
    { status: 'discarded', reason: 'deleted' },
    { status: 'redriven', reason: 'failed' },
  ]);
});

it('pruning actions on letters leaves those that tell what became of one', async () => {
  await rig.db.query('truncate letters');
  const act = async (days: number) => {
    const { rows } = await rig.db.query<{ id: string }>(
      `insert into letter_actions (id, at, by, action, selection)
       values (gen_random_uuid(), now() - $1 * interval '1 day', 'Ada', 'discard', '{}') returning id`,
      [days],
    );
    return rows[0]?.id;
  };
  const [told, , , young] = [await act(400), await act(91), await act(91), await act(89)];
  await rig.db.query(
    `insert into letters (dlq_partition, dlq_offset, parked_at, reason, header_names, header_values, record_timestamp, value_bytes,
                          bytes, content, status, resolved_at, action)
     values (0, 0, now(), 'deleted', '{}', '{}', 0, 0, 0, '', 'discarded', now(), $1)`,
    [told],
  );
  const left = async () =>
    (await rig.db.query<{ id: string }>('select id from letter_actions')).rows.map(({ id }) => id);

  expect(await pruneLetterActions(rig.db, 90, 1)).toBe(1);
  expect(await left()).toHaveLength(3);
  expect(await pruneLetterActions(rig.db, 90, 10)).toBe(1);
  expect(await pruneLetterActions(rig.db, 90, 10)).toBe(0);
  expect(new Set(await left())).toEqual(new Set([told, young]));
});
