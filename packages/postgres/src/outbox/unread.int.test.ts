import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Session } from '../session.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { appendOutbox } from './appendOutbox.ts';
import { createUnread, PLANNING, type Unread } from './unread.ts';

const WRITERS = 3;

let rig: Rig;
let session: Session;
let unread: Unread;
const writers: Session[] = [];
beforeAll(async () => {
  rig = await createRig();
  session = await rig.db.connect();
  await session.query(PLANNING);
  for (let n = 0; n < WRITERS; n++) writers.push(await rig.db.connect());
});
beforeEach(() => {
  unread = createUnread(session);
});
afterEach(async () => {
  for (const each of writers) await each.query('rollback');
  await rig.db.query('truncate outbox, outbox_aside');
});
afterAll(async () => {
  for (const each of [session, ...writers]) await each.end();
  await rig.stop();
});

const row = (key: string) => ({ topic: 't', key, value: Buffer.from('v'), headers: {} });
const append = (...keys: string[]) => rig.db.transaction((tx) => appendOutbox(tx, keys.map(row)));

/** The next rows, which are sent and deleted. */
async function take(limit: number): Promise<string[]> {
  const { rows } = await unread.next(limit, []);
  await session.query('delete from outbox where id = any ($1::bigint[])', [rows.map(({ id }) => id)]);
  return rows.map(({ key }) => key);
}

/** How many entries of its indexes were looked at. In a transaction, since PostgreSQL hands its counts on after some of these. */
async function entriesLookedAt(work: () => Promise<unknown>): Promise<number> {
  await session.query('begin');
  const before = await entriesSoFar();
  await work();
  const after = await entriesSoFar();
  await session.query('commit');
  return after - before;
}

async function entriesSoFar(): Promise<number> {
  const { rows } = await session.query<{ entries: number }>(
    `select sum(pg_stat_get_xact_tuples_returned(indexrelid))::int as entries from pg_index where indrelid = 'outbox'::regclass`,
  );
  return rows[0]?.entries ?? Number.NaN;
}

it.each(['that has written', 'that only reads'])(
  'does not walk over what was deleted beside an open transaction (one %s)',
  async (which) => {
    const [open] = writers as [Session];
    await open.query('begin isolation level repeatable read');
    await open.query(which === 'that has written' ? 'select pg_current_xact_id()' : 'select from outbox');
    for (let n = 0; n < 20; n++) {
      await append(...Array.from({ length: 50 }, () => 'k'));
      expect(await take(100)).toHaveLength(50);
    }
    await append('new');
    const looks = await entriesLookedAt(async () => expect(await take(100)).toEqual(['new']));
    expect(looks).toBeLessThan(60); // those of the transaction that was read last, and the new one
    unread.rewind();
    expect(await entriesLookedAt(() => take(100))).toBeGreaterThan(1_000);
  },
);

it('hands out what a long transaction has written before others, once it is committed, page by page', async () => {
  const [late] = writers as [Session];
  await append('first');
  await late.query('begin');
  await appendOutbox(late, ['late 1', 'late 2', 'late 3'].map(row));
  await append('second');
  expect(await take(10)).toEqual(['first', 'second']);
  await append('third');
  await late.query('commit');
  // As a relay does, which reads the next page while it sends this one.
  const pages: string[][] = [];
  let before: { id: string }[] = [];
  for (let n = 0; n < 4; n++) {
    const { rows } = await unread.next(2, []);
    pages.push(rows.map(({ key }) => key));
    await session.query('delete from outbox where id = any ($1::bigint[])', [before.map(({ id }) => id)]);
    before = rows;
  }
  expect(pages).toEqual([['late 1', 'late 2'], ['late 3', 'third'], [], []]);
});

type Step = { writer: number } | { read: number };

it('hands out every row that is committed, once, in the order of its transaction, however transactions overlap', async () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ writer: fc.nat(WRITERS - 1) }) },
      { weight: 1, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 5 }) }) },
    ),
    { minLength: 5, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (steps: Step[]) => {
      unread = createUnread(session);
      const open = new Map<number, string[]>();
      const committed: string[] = [];
      const seen: string[] = [];
      let rows = 0;
      async function write(n: number): Promise<void> {
        const writer = writers[n] as Session;
        const own = open.get(n);
        if (!own) {
          await writer.query('begin');
          open.set(n, []);
        } else if (own.length < 2) {
          const key = `${n}: ${rows++}`;
          await appendOutbox(writer, [row(key)]);
          own.push(key);
        } else {
          await writer.query('commit');
          committed.push(...own);
          open.delete(n);
        }
      }
      for (const step of steps) {
        if ('writer' in step) await write(step.writer);
        else seen.push(...(await take(step.read)));
      }
      for (const n of open.keys()) await writers[n]?.query('rollback');
      for (let empty = 0; empty < 2; ) {
        const more = await take(3);
        empty = more.length === 0 ? empty + 1 : 0;
        seen.push(...more);
      }
      expect(seen.toSorted()).toEqual(committed.toSorted());
      for (let n = 0; n < WRITERS; n++) {
        const isOfWriter = (key: string) => key.startsWith(`${n}:`);
        expect(seen.filter(isOfWriter)).toEqual(committed.filter(isOfWriter));
      }
    }),
    { numRuns: 60 },
  );
});
