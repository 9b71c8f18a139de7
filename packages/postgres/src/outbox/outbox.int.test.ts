import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/rig.ts';
import { OUTBOX_CHANNEL } from './announce.ts';
import { appendOutbox, type OutboxRow } from './appendOutbox.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { Ownership } from './ownership.ts';
import { discardRefusedRows, listRefusedRows, retryRefusedRows } from './refusals.ts';

let rig: Rig;
let outbox: Outbox;
beforeAll(async () => {
  rig = await createRig();
  outbox = createOutbox(rig.db, { log: rig.log });
});
afterEach(() => rig.db.query('truncate outbox, outbox_aside'));
afterAll(() => rig.stop());

const row = (key: string): OutboxRow => ({
  topic: 'brew.test.v1',
  key,
  value: Buffer.from([0, 1, 2, 255]),
  headers: { ce_id: key, 'content-type': 'application/avro' },
});
const keysOf = (rows: { key: string }[]) => rows.map(({ key }) => key);
const never = new AbortController().signal;

/** Whatever was handed out already. */
async function unsentOf(owner: Ownership, limit: number, without?: string[]) {
  owner.rewind();
  return owner.unsent(limit, without);
}

async function relayAll(owner: Ownership): Promise<string[]> {
  const rows = await owner.unsent(100);
  await owner.markSent(rows.map(({ id }) => id));
  return keysOf(rows);
}

describe('the outbox', () => {
  it('gives back whole records, in the order in which they were appended', async () => {
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a'), row('b'), { ...row('c'), value: null }]));
    await using owner = await outbox.takeOwnership(never);
    const rows = await owner.unsent(10);
    expect(rows).toEqual([
      { id: expect.any(String), ...row('a') },
      { id: expect.any(String), ...row('b') },
      { id: expect.any(String), ...row('c'), value: null },
    ]);
    expect(await owner.unsent(2)).toEqual([]);
    expect(await unsentOf(owner, 2)).toHaveLength(2);
  });

  it('has nothing of a transaction that rolled back', async () => {
    await rig.db
      .transaction(async (tx) => {
        await appendOutbox(tx, [row('a')]);
        throw new Error('undo');
      })
      .catch(() => {});
    expect(await outbox.backlog()).toMatchObject({ rows: 0, oldestId: null, oldestSeconds: 0 });
    await rig.db.transaction((tx) => appendOutbox(tx, [row('b')]));
    expect(await outbox.backlog()).toMatchObject({ rows: 1, oldestSeconds: expect.any(Number) });
  });

  it('is announced to other processes, and many announcements at once are few notifications', async () => {
    let woken = 0;
    const stop = await rig.db.listen(OUTBOX_CHANNEL, () => {
      woken += 1;
    });
    const before = woken;
    for (let call = 0; call < 100; call++) outbox.announce();
    await until(() => woken === before + 2, { what: 'the first, and one more for all that came meanwhile' });
    outbox.announce();
    await until(() => woken > before + 2, { what: 'the next notification' });
    expect(woken).toBe(before + 3);
    await stop();
  });

  it('reads no more than some megabytes at once, however large the rows are', async () => {
    const large = (key: string) => ({ ...row(key), value: Buffer.alloc(5 * 1024 * 1024) });
    await rig.db.transaction((tx) => appendOutbox(tx, [large('a'), large('b'), large('c'), row('d')]));
    await using owner = await outbox.takeOwnership(never);
    expect(keysOf(await owner.unsent(500))).toEqual(['a', 'b']);
    owner.rewind();
    expect(await relayAll(owner)).toEqual(['a', 'b']);
    expect(await relayAll(owner)).toEqual(['c', 'd']);
  });

  it('keeps a refused row, and what follows of its topic and key behind it, until it is to be sent again', async () => {
    const other = { ...row('a'), topic: 'brew.other.v1' };
    await rig.db.transaction((tx) => appendOutbox(tx, [row('b'), row('a'), row('a'), row('c'), other]));
    await using owner = await outbox.takeOwnership(never);
    const [, refused] = await owner.unsent(2);
    await owner.setAside([{ id: refused?.id ?? '', refusal: 'MESSAGE_TOO_LARGE' }]);
    expect(await unsentOf(owner, 10)).toMatchObject([{ key: 'b' }, { key: 'c' }, { topic: 'brew.other.v1' }]);
    expect(await unsentOf(owner, 10, ['brew.other.v1'])).toMatchObject([{ key: 'b' }, { key: 'c' }]);
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a')]));
    expect(await unsentOf(owner, 10)).toHaveLength(3);
    expect(await listRefusedRows(rig.db)).toMatchObject([{ id: refused?.id, key: 'a', bytes: 4, behind: 2 }]);
    expect(await outbox.backlog()).toMatchObject({ rows: 3, refused: 1, held: 2 });

    expect(await retryRefusedRows(rig.db, ['0'])).toBe(0);
    expect(await retryRefusedRows(rig.db)).toBe(1);
    // Until it is back, what comes new of its key waits behind it.
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a')]));
    const rows = await until(async () => {
      const unsent = await unsentOf(owner, 10);
      return unsent.length === 7 && unsent;
    });
    expect(keysOf(rows)).toEqual(['b', 'a', 'a', 'c', 'a', 'a', 'a']);
    expect(rows[1]).toEqual(refused);
    expect(await outbox.backlog()).toMatchObject({ rows: 7, refused: 0, held: 0 });
  });

  it('finds what may be sent behind any number of rows that may not', async () => {
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a')]));
    await using owner = await outbox.takeOwnership(never);
    const [refused] = await owner.unsent(1);
    await owner.setAside([{ id: refused?.id ?? '', refusal: 'MESSAGE_TOO_LARGE' }]);
    const behind = Array.from({ length: 25 }, () => row('a'));
    await rig.db.transaction((tx) => appendOutbox(tx, [...behind, row('b')]));
    expect(keysOf(await unsentOf(owner, 10))).toEqual(['b']);
  });

  it('goes on with a key when its refused row is given up', async () => {
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a'), { ...row('a'), value: null }]));
    await using owner = await outbox.takeOwnership(never);
    const [first, second] = await owner.unsent(10);
    await owner.setAside([{ id: first?.id ?? '', refusal: 'INVALID_RECORD' }]);
    expect(await unsentOf(owner, 10)).toEqual([]);
    // Only what was refused can be given up.
    const discarded = await discardRefusedRows(rig.db, [first?.id ?? '', second?.id ?? '']);
    expect(discarded).toMatchObject([{ id: first?.id, refusal: 'INVALID_RECORD' }]);
    expect(await until(async () => (await unsentOf(owner, 10))[0])).toEqual(second);
  });

  it('skips neither of two transactions that commit in the reverse order of their numbers', async () => {
    await using owner = await outbox.takeOwnership(never);
    const late = Promise.withResolvers<void>();
    const numbered = Promise.withResolvers<void>();
    const slow = rig.db.transaction(async (tx) => {
      await appendOutbox(tx, [row('low number, late commit')]);
      numbered.resolve();
      await late.promise;
    });
    await numbered.promise;
    await rig.db.transaction((tx) => appendOutbox(tx, [row('high number, early commit')]));
    expect(await relayAll(owner)).toEqual(['high number, early commit']);
    late.resolve();
    await slow;
    expect(await relayAll(owner)).toEqual(['low number, late commit']);
    expect(await relayAll(owner)).toEqual([]);
  });
});

describe('the ownership of an outbox', () => {
  it('is one owner’s at a time, and goes over when it is released', async () => {
    const first = await outbox.takeOwnership(never);
    let taken = false;
    let standsBy = false;
    const waiting = outbox
      .takeOwnership(never, () => {
        standsBy = true;
      })
      .then((owner) => {
        taken = true;
        return owner;
      });
    await until(() => standsBy, { what: 'the second to have asked' });
    expect(taken).toBe(false);
    await first.release();
    const second = await waiting;
    await second.release();
  });

  it('stops waiting when it is told to', async () => {
    await using _owner = await outbox.takeOwnership(never);
    await expect(outbox.takeOwnership(AbortSignal.timeout(100))).rejects.toThrow(/abort/i);
  });

  it('is lost with its connection: the old owner can neither read nor delete, the next one sees every row', async () => {
    await rig.db.transaction((tx) => appendOutbox(tx, [row('a'), row('b')]));
    const old = await outbox.takeOwnership(never);
    const rows = await old.unsent(10);
    await rig.terminateBackends();
    await until(() => old.lost.aborted, { what: 'the owner to notice' });
    await expect(old.markSent(rows.map(({ id }) => id))).rejects.toThrow();
    await expect(old.unsent(10)).rejects.toThrow();
    await using next = await outbox.takeOwnership(never);
    expect(await relayAll(next)).toEqual(['a', 'b']);
  });

  it('does not hold vacuum back while others wait for it', async () => {
    await using _owner = await outbox.takeOwnership(never);
    const giveUp = new AbortController();
    const waiting = outbox.takeOwnership(giveUp.signal).catch(() => 'gave up');
    const snapshots = () =>
      rig.db.query(
        'select 1 from pg_stat_activity where datname = current_database() and backend_xmin is not null and pid <> pg_backend_pid()',
      );
    await until(async () => (await snapshots()).rowCount === 0, { what: 'nobody to hold a snapshot' });
    giveUp.abort();
    expect(await waiting).toBe('gave up');
  });
});
