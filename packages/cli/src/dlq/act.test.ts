import { describe, expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { letter, problem, serveLetters } from '../testing/letterServer.ts';
import { plain } from '../text/format.ts';
import { type ActOptions, act } from './act.ts';
import type { Batch } from './letters.ts';
import { renderBatch, renderProgress } from './renderAct.ts';
import type { Selection } from './selection.ts';

const fake = serveLetters();

const { signal } = new AbortController();

describe('brew dlq redrive and discard', () => {
  const batch = (more: Partial<Batch>): Batch => ({ action: 'x', keysLetGo: 1, next: null, ...more });
  const run = (selection: Selection, options: ActOptions = {}, what: 'redrive' | 'discard' = 'redrive') => {
    const { io, lines, notes } = collect();
    const done = act(what, 'kitchen', selection, { by: 'ada', ...options }, fake.address, io, signal);
    return { done, lines, notes };
  };

  it('goes through all batches as one action, and ends with what became of them', async () => {
    fake.answer = (_url, call) => [
      200,
      call === 1
        ? batch({ redriven: 100, alreadyDone: 1, next: '200' })
        : batch({
            redriven: 1,
            failed: [{ id: '201', error: 'no\ntray' }],
            skipped: [{ id: '202', why: 'is unreadable' }],
          }),
    ];
    const { done, lines } = run({ all: true }, { why: 'mended' });
    expect(await done).toBe(false);
    const { action } = fake.asked[0]?.body ?? {};
    expect(action).toMatch(/^[0-9a-f-]{36}$/);
    const body = { all: true, by: 'ada', why: 'mended', limit: 100, action };
    expect(fake.asked.map((each) => [each.url, each.body])).toEqual([
      ['/kitchen/dead-letters/redrive', body],
      ['/kitchen/dead-letters/redrive', { ...body, after: '200' }],
    ]);
    expect(lines).toEqual([
      '✖ kitchen/201 failed again: no\\ntray',
      '! kitchen/202 is unreadable',
      expect.stringMatching(
        /^✖ kitchen: 101 letters redriven, 1 done already, 1 failed again, 1 letter left as it is, 2 keys let go \(.*\)\.$/,
      ),
    ]);
  });

  it('asks for no more ids at once than a service takes, and no more letters than the rate', async () => {
    fake.answer = () => [200, batch({})];
    const ids = Array.from({ length: 2_001 }, (_, index) => String(index));
    expect(await run({ ids }).done).toBe(true);
    expect(fake.asked.map(({ body }) => (body.ids as string[]).length)).toEqual([667, 667, 667]);
    expect(new Set(fake.asked.map(({ body }) => body.action)).size).toBe(1);
    await run({ all: true }, { rate: 7.5 }).done;
    expect(fake.asked.at(-1)?.body).toMatchObject({ limit: 7 });
  });

  it('keeps to the rate', async () => {
    fake.answer = (_url, call) => [200, batch({ redriven: 10, next: call < 3 ? String(call) : null })];
    const begun = performance.now();
    await run({ all: true }, { rate: 100 }).done;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(190);
  });

  it('tells what was done when the next batch is refused', async () => {
    fake.answer = (_url, call) =>
      call === 1 ? [200, batch({ redriven: 100, next: '100' })] : problem(503, 'The database is away.');
    const { done, lines } = run({ all: true });
    await expect(done).rejects.toThrow('The database is away.');
    expect(lines).toEqual([expect.stringContaining('100 letters redriven')]);
  });

  it('ends behind the batch that is under way when it is interrupted', async () => {
    const interrupted = new AbortController();
    fake.answer = () => {
      interrupted.abort();
      return [200, batch({ redriven: 100, next: '100' })];
    };
    const { io, lines } = collect();
    expect(await act('redrive', 'kitchen', { all: true }, {}, fake.address, io, interrupted.signal)).toBe(
      false,
    );
    expect(fake.asked).toHaveLength(1);
    expect(fake.asked[0]?.body.by).toMatch(/\S/);
    expect(lines).toEqual([
      expect.stringMatching(/100 letters redriven.*Interrupted: the same command goes on with the others\.$/),
    ]);
  });

  it('only says what would go in a dry run', async () => {
    fake.answer = (_url, call) => [
      200,
      // What waits behind the first comes again with the second batch.
      batch({
        action: null,
        letters: [
          { ...letter, id: String(call) },
          { ...letter, id: '2' },
        ],
        next: call === 1 ? '1' : null,
      }),
    ];
    const { done, lines } = run({ filter: { reason: 'failed' } }, { dryRun: true });
    expect(await done).toBe(true);
    expect(fake.asked.map(({ body }) => body.dryRun)).toEqual([true, true]);
    expect(fake.asked[0]?.body.filter).toEqual({ reason: 'failed' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['LETTER', 'kitchen/1', 'kitchen/2', 'Nothing']);
    expect(lines.at(-1)).toBe('Nothing was done: 2 letters would go, in this order.');
  });

  it('discards more than one only when told to, where nobody can be asked', async () => {
    fake.answer = () => [200, batch({ letters: [letter, { ...letter, id: '18' }] })];
    const why = 'a test';
    await expect(run({ all: true }, { why }, 'discard').done).rejects.toThrow(
      'That discards 2 letters, and nobody can be asked here. Say so with --yes; see them with --dry-run.',
    );
    expect(fake.asked.map(({ body }) => body.dryRun)).toEqual([true]);

    fake.answer = () => [200, batch({ discarded: 2 })];
    for (const [selection, yes] of [
      [{ all: true }, true],
      [{ ids: ['17'] }, false],
    ] as const) {
      const { done, lines } = run(selection as Selection, { why, yes }, 'discard');
      expect(await done).toBe(true);
      expect(fake.asked.at(-1)).toMatchObject({
        url: '/kitchen/dead-letters/discard',
        body: { ...selection, why },
      });
      expect(fake.asked.at(-1)?.body).not.toHaveProperty('dryRun');
      expect(lines).toEqual([
        expect.stringContaining('✔ kitchen: 2 letters discarded, 1 key let go'),
        expect.stringContaining('stays undone'),
      ]);
    }
  });

  it('says what of the keys of discarded letters waits still', async () => {
    fake.answer = (url) => {
      if (url.endsWith('/discard'))
        return [200, batch({ discarded: 1, keysLetGo: 0, stillWaiting: ['18', '19'] })];
      const id = url.split('/').at(-1) ?? '';
      return [200, { ...letter, id, status: id === '18' ? 'waiting' : 'redriven' }];
    };
    const { done, lines } = run({ ids: ['17'] }, { why: 'a test' }, 'discard');
    expect(await done).toBe(true);
    expect(lines[1]).toBe(
      '! kitchen: its key stays parked, since 2 letters wait there still (first: kitchen/18).',
    );
  });

  it('is no success where all was left as it is', async () => {
    const skipped = [{ id: '17', why: 'has failed 5 redrives' }];
    fake.answer = () => [200, batch({ redriven: 0, skipped, keysLetGo: 0 })];
    const { done, lines } = run({ all: true });
    expect(await done).toBe(false);
    expect(lines.at(-1)).toMatch(/^! kitchen: 0 letters redriven, 1 letter left as it is \(.*\)\.$/);

    fake.answer = () => [200, batch({ redriven: 1, skipped, keysLetGo: 0 })];
    const some = run({ all: true });
    expect(await some.done).toBe(true);
    expect(some.lines.at(-1)).toMatch(/^! kitchen: 1 letter redriven, 1 letter left as it is/);
  });

  it('tells what was done before, and where there was nothing to do', async () => {
    const skipped = [{ id: '17', why: 'was redriven already', status: 'redriven' as const }];
    fake.answer = () => [200, batch({ redriven: 0, skipped, keysLetGo: 0 })];
    const before = run({ ids: ['17'] });
    expect(await before.done).toBe(true);
    expect(before.lines.at(-1)).toMatch(/^! kitchen: 0 letters redriven, 1 letter done before/);
    // A discarded one is not redriven, whoever asks.
    expect(await run({ ids: ['17'] }, { why: 'a test' }, 'discard').done).toBe(false);

    fake.answer = () => [200, batch({ redriven: 0, keysLetGo: 0 })];
    const ends = await Promise.all(
      ([{ all: true }, { filter: { type: 'T' } }] as Selection[]).map(async (selection) => {
        const { done, lines } = run(selection);
        return [await done, lines.at(-1)];
      }),
    );
    expect(ends).toEqual([
      [true, '✔ kitchen: No letter waits, so nothing was redriven.'],
      [true, '! kitchen: No letter that waits is like that, so nothing was redriven.'],
    ]);
  });

  it('cuts errors to the terminal, and no advice', () => {
    const [failed, skipped] = [[{ id: '1', error: 'x'.repeat(99) }], [{ id: '2', why: 'y'.repeat(99) }]];
    const [error, advice] = renderBatch({ failed, skipped }, 'kitchen', { paint: plain, columns: 40 });
    expect(error).toBe(`✖ kitchen/1 failed again: ${'x'.repeat(13)}…`);
    expect(advice).toContain('y'.repeat(99));
  });

  it('shows how far it is', () => {
    const totals = {
      action: '',
      redriven: 3,
      alreadyDone: 0,
      discarded: 0,
      failed: 1,
      skipped: 0,
      doneBefore: 0,
      keysLetGo: 0,
    };
    expect([
      renderProgress(totals, 8_000, 7),
      renderProgress(totals, 200),
      // What waits behind goes with it.
      renderProgress(totals, 8_000, 3),
    ]).toEqual(['4 of 7 letters, 0.5 a second', '4 letters, 20 a second', '4 letters, 0.5 a second']);
  });

  it('prints each batch as it is, and what became of all, for programs', async () => {
    fake.answer = () => [200, batch({ redriven: 1 })];
    const { done, lines } = run({ ids: ['17'] }, { json: true });
    expect(await done).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'batch', ...batch({ redriven: 1 }) },
      expect.objectContaining({ event: 'done', redriven: 1, failed: 0, keysLetGo: 1 }),
    ]);
  });
});
