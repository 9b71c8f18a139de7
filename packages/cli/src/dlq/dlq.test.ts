import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addressesOf } from '../addresses.ts';
import { collect } from '../testing/collect.ts';
import { visible } from '../text/visible.ts';
import { type ActOptions, act } from './act.ts';
import { groupsOf } from './groups.ts';
import type { Batch, Letter, LetterDetails, LetterSummary } from './letters.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { overview } from './overview.ts';
import { renderProgress } from './renderAct.ts';
import type { Selection } from './selection.ts';
import { show } from './show.ts';

/** The HTTP side of the services, answering what a test tells it to: one under the path of each group. */
let server: Server;
let address: { services: ReturnType<typeof addressesOf>['services'] };
let asked: { method: unknown; url: string; token: unknown; body: Record<string, unknown> }[] = [];
let answer: (url: string, call: number) => [status: number, body: unknown] = () => [404, {}];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url = '', headers } = request;
    const text = (await request.toArray()).join('');
    asked.push({ method, url, token: headers.authorization, body: text ? JSON.parse(text) : {} });
    const [status, body] = answer(url, asked.length);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const named = groupsOf(addressesOf()).map(({ name }) => [name, `${base}/${name}`]);
  address = { services: { ...addressesOf().services, ...Object.fromEntries(named) } };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const { signal } = new AbortController();

const letter: Letter = {
  id: '17',
  group: 'kitchen',
  reason: 'failed',
  status: 'waiting',
  topic: 'brew.orders.v1',
  partition: 2,
  offset: '7',
  key: 'ada',
  type: 'brew.orders.v1.OrderPlaced',
  error: { name: 'Error', message: 'no tray holds 7\nof them \u001b[31m' },
  attempts: 5,
  redrives: 0,
  parkedAt: new Date(Date.now() - 7_210_000).toISOString(),
  lastRedriveAt: null,
  behind: 1,
  valueBytes: 3,
  pointer: false,
  redrivable: true,
};
const summary = (group: string, waiting: number): LetterSummary => ({
  group,
  waiting,
  byReason: {},
  parkedKeys: waiting,
  oldestAt: waiting > 0 ? letter.parkedAt : null,
  givenUp: 0,
  asOf: new Date().toISOString(),
  canRedrive: true,
});
const problem = (status: number, detail: string): [number, unknown] => [status, { detail }];
const groupIn = (url: string): string => url.split('/')[1] ?? '';

describe('brew dlq', () => {
  it('shows how many letters wait where, and what to type next; who has no letters is left out', async () => {
    answer = (url) =>
      groupIn(url) === 'courier'
        ? problem(404, 'There is nothing here.')
        : [200, summary(groupIn(url), groupIn(url) === 'kitchen' ? 1_200 : 0)];
    const { io, lines } = collect();
    expect(await overview({}, address, io, signal)).toBe(true);
    expect(asked[0]).toMatchObject({ method: 'GET', token: 'Bearer sandbox-staff' });
    expect(lines[0]).toMatch(/^GROUP +LETTERS +PARKED KEYS +OLDEST$/);
    expect(lines).toContainEqual(expect.stringMatching(/^kitchen +1,200 +1,200 +2 h 00 min$/));
    expect(lines).toContainEqual(expect.stringMatching(/^order +0 +0$/));
    expect(lines.join()).not.toContain('courier');
    expect(lines.at(-1)).toBe(
      'kitchen: see why with npx brew dlq list kitchen; once that is mended: npx brew dlq redrive kitchen --all',
    );
  });

  it('tells of who does not answer or is behind, and shows the others', async () => {
    answer = (url) => {
      const group = groupIn(url);
      if (group === 'order') return problem(503, 'The database is away.');
      if (group === 'kitchen') return [200, { ...summary(group, 2), asOf: null }];
      if (group !== 'analytics') return [200, { ...summary(group, 1), givenUp: 1 }];
      return [200, { ...summary(group, 1), canRedrive: false, instead: 'Run: npx brew replay analytics' }];
    };
    const { io, lines } = collect();
    expect(await overview({}, address, io, signal)).toBe(false);
    expect(lines[0]).toBe('The letters of order are not known: order: The database is away.');
    expect(lines).toContainEqual(expect.stringMatching(/^GROUP +LETTERS +PARKED KEYS +OLDEST +FAILED 5×$/));
    expect(lines).toContain('kitchen has not read kitchen.dlq yet: newer letters are missing here.');
    expect(lines).toContain("analytics: 1 letter that it can't redrive. Run: npx brew replay analytics");
    answer = () => problem(401, 'This is not a staff token.');
    await overview({}, address, io, signal);
    expect(lines.at(-1)).toBe(
      'The letters of analytics are not known: analytics: This is not a staff token. Set STAFF_TOKEN to the one that it was started with.',
    );
  });

  it('says which service does not answer, and how to bring it back', async () => {
    const gone = { services: { ...address.services, kitchen: 'http://127.0.0.1:1' } };
    answer = (url) => [200, summary(groupIn(url), 0)];
    const { io, lines } = collect();
    expect(await overview({}, gone, io, signal)).toBe(false);
    expect(lines[0]).toBe(
      'The letters of kitchen are not known: kitchen does not answer at http://127.0.0.1:1. ' +
        'See what runs with npx brew status; bring it back with npx brew dev kitchen.',
    );
    await expect(show('kitchen', '1', {}, gone, io, signal)).rejects.toThrow(/^kitchen does not answer at/);
  });

  it('advises only what does something', async () => {
    const stuck = { ...letter, id: '3', redrives: 5 };
    const behind = { ...letter, id: '4', reason: 'key_parked' };
    const next = async (of: Partial<LetterSummary>, letters: Letter[] = []) => {
      answer = (url) =>
        url.includes('?limit')
          ? [200, { group: 'kitchen', letters, next: null, asOf: null }]
          : [
              200,
              groupIn(url) === 'kitchen' ? { ...summary('kitchen', 2), ...of } : summary(groupIn(url), 0),
            ];
      const { io, lines } = collect();
      await overview({}, address, io, signal);
      return lines.filter((line) => line.startsWith('kitchen:'));
    };
    const all = expect.stringMatching(/ redrive kitchen --all$/);
    expect(await next({ byReason: { failed: 2 } })).toEqual([all]);
    const its = expect.stringMatching(
      /^kitchen: 1 letter failed five redrives, so --all leaves it .*: npx brew dlq redrive kitchen 3$/,
    );
    const some = { byReason: { failed: 1, key_parked: 1 }, givenUp: 1 };
    expect(await next(some, [stuck, behind])).toEqual([its]);
    expect(await next(some, [stuck, { ...behind, key: 'another' }])).toEqual([all, its]);
    const none = await next({ byReason: { foreign: 1, deleted: 1 } });
    expect(none).toEqual([
      expect.stringMatching(
        /^kitchen: 1 letter that no redrive brings back \(foreign\).* --reason foreign --why TEXT$/,
      ),
      expect.stringMatching(/ --reason deleted --why TEXT$/),
    ]);
  });

  it('gives programs the same', async () => {
    answer = (url) =>
      groupIn(url) === 'order' ? problem(503, 'The database is away.') : [200, summary(groupIn(url), 1)];
    const json = collect();
    expect(await overview({ json: true }, address, json.io, signal)).toBe(false);
    expect(JSON.parse(json.lines.join())).toContainEqual({
      group: 'order',
      problem: 'order: The database is away.',
    });
  });
});

describe('brew dlq list', () => {
  const options = { status: 'waiting', limit: 2 } as const;
  const page = (ids: string[], next: string | null) => ({
    group: 'kitchen',
    letters: ids.map((id) => ({ ...letter, id })),
    next,
    asOf: new Date().toISOString(),
  });

  it('has a line for each, on which nothing of a record controls the terminal', async () => {
    answer = () => [200, page(['17'], null)];
    const { io, lines, notes } = collect();
    expect(await list('kitchen', { ...options, type: 'T', olderThan: 60 }, address, io, signal)).toBe(true);
    expect(asked[0]?.url).toBe('/kitchen/dead-letters?status=waiting&limit=2&type=T&olderThan=60');
    expect(lines).toEqual([
      expect.stringMatching(/^LETTER +AGE +REASON +EVENT +KEY +BEHIND +ERROR$/),
      expect.stringMatching(
        /^kitchen\/17 +2 h 00 min +failed +OrderPlaced +ada +1 +Error no tray holds 7\\nof them \\u001b\[31m$/,
      ),
    ]);
    expect(lines.map(visible)).toEqual(lines);
    expect(notes).toEqual([]);
  });

  it('goes on with the next page up to the limit, and says when there is more', async () => {
    answer = (_url, call) => [200, page([String(call)], call < 3 ? String(call) : null)];
    const { io, lines, notes } = collect();
    await list('kitchen', { ...options, json: true }, address, io, signal);
    expect(asked.map(({ url }) => url.split('?')[1])).toEqual([
      'status=waiting&limit=2',
      'status=waiting&limit=1&after=1',
    ]);
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['1', '2']);
    expect(notes).toEqual(['kitchen has more than these. See them with: --limit 20']);
  });

  it('fails for a group that was named and refuses, and tells of it when all are asked', async () => {
    answer = (url) => (groupIn(url) === 'kitchen' ? problem(503, 'Not now.') : [200, page([], null)]);
    const { io, lines, notes } = collect();
    await expect(list('kitchen', options, address, io, signal)).rejects.toThrow('Not now.');
    expect(await list(undefined, options, address, io, signal)).toBe(false);
    const unknown = 'The letters of kitchen are not known: kitchen: Not now.';
    expect(lines).toEqual([unknown, 'No letter waits in the other groups.']);
    expect(notes).toEqual([]);

    const json = collect();
    expect(await list(undefined, { ...options, json: true }, address, json.io, signal)).toBe(false);
    expect([json.lines, json.notes]).toEqual([[], [`brew: ${unknown}`]]);
  });

  it('does not take a filter that nothing is like for the end of all letters', async () => {
    answer = (url) => [200, url.includes('/summary') ? summary(groupIn(url), 1) : page([], null)];
    const { io, lines } = collect();
    await list('kitchen', { ...options, type: 'T' }, address, io, signal);
    await list('kitchen', options, address, io, signal);
    await list('kitchen', { ...options, status: 'all', type: 'T' }, address, io, signal);
    answer = (url) => [200, url.includes('/summary') ? summary(groupIn(url), 2) : page([], null)];
    await list(undefined, { ...options, type: 'T' }, address, io, signal);
    expect(lines).toEqual([
      'No letter that waits in kitchen is like that; 1 other waits.',
      'No letter waits in kitchen.',
      'No letter in kitchen is like that.',
      expect.stringMatching(/^No letter that waits is like that; \d+ others wait\.$/),
    ]);
  });

  it.each([80, 120])('fits a terminal of %i columns, and cuts no id and no age', async (columns) => {
    answer = () => [
      200,
      {
        ...page([], null),
        letters: [
          { ...letter, key: '019fc7e4-7a0e-7b52-b3ae-90ba36ed4d9d', redrives: 5 },
          { ...letter, id: '123456', type: 'brew.orders.v1.CancellationRequested', reason: 'key_parked' },
        ],
      },
    ];
    const { io, lines } = collect();
    await list('kitchen', options, address, { ...io, columns: () => columns }, signal);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines[1]).toMatch(/^kitchen\/17 +2 h 00 min +failed /);
    expect(lines[2]).toMatch(/^kitchen\/123456 +2 h 00 min +key_parked /);
    expect(lines[1]).toMatch(columns === 120 ? /OrderPlaced/ : /…/);
  });
});

describe('brew dlq show', () => {
  const details: LetterDetails = {
    ...letter,
    ...{
      dlqPartition: 0,
      dlqOffset: '3',
      lastOffset: null,
      missing: null,
      sourceTimestamp: '2026-01-01T12:00:00.000Z',
    },
    headers: [
      { name: 'note', value: 'a\nb' },
      { name: 'note', value: null },
      { name: 'raw', value: '/w==', encoding: 'base64' },
    ],
    value: Buffer.from([0, 0xff, 0x1b]).toString('base64'),
    data: null,
    stack: 'Error: no tray\n    at onOrderPlaced',
    lastError: null,
    resolution: null,
    waitsBehind: [{ ...letter, id: '18', reason: 'key_parked', error: null, behind: 0 }],
    before: null,
  };
  const shown = async (more: Partial<LetterDetails> = {}, its: Partial<LetterSummary> = {}) => {
    answer = (url) => [
      200,
      url.includes('summary') ? { ...summary('kitchen', 1), ...its } : { ...details, ...more },
    ];
    const { io, lines } = collect();
    await show('kitchen', '17', {}, address, io, signal);
    expect(asked.map(({ url }) => url)).toContain('/kitchen/dead-letters/17');
    for (const line of lines) expect(visible(line)).toBe(line);
    return lines.join('\n');
  };

  it('tells where it came from, why it is here, all headers, the value, and what waits behind it', async () => {
    expect(await shown()).toBe(
      String.raw`
kitchen/17: waiting; parked 2 h 00 min ago: failed
  event    brew.orders.v1.OrderPlaced
  from     brew.orders.v1, partition 2, offset 7
  key      ada
  written  2026-01-01T12:00:00.000Z
  lies in  kitchen.dlq, partition 0, offset 3
  error    Error no tray holds 7\nof them \u001b[31m (after 5 attempts)

Headers
  note: a\nb
  note: null
  raw: /w== (base64)

Value, 3 bytes
  3 bytes: 00ff1b

Stack
  Error: no tray
      at onOrderPlaced

Behind it waits 1 letter
LETTER             AGE  REASON      EVENT        KEY
kitchen/18  2 h 00 min  key_parked  OrderPlaced  ada

Once that is mended: npx brew dlq redrive kitchen 17
Or take it away, and what it asks for is never done: npx brew dlq discard kitchen 17 --why TEXT`.trim(),
    );
  });

  it('says what to do with one that waits for another, can not go, or is done', async () => {
    expect(await shown({ before: { ...letter, id: '9' } })).toMatch(
      /waits for +kitchen\/9 Error no tray.*It goes with the one that it waits for: npx brew dlq redrive kitchen 9$/s,
    );
    const lost = { redrivable: false, reason: 'deleted', lastOffset: '9', missing: 'value', value: null };
    expect(await shown(lost)).toMatch(
      /offsets 7 to 9.*Too large for a letter.*It can't be redriven\. It stands for records that were deleted .*\nAfter that, take it away with: npx brew dlq discard kitchen 17 --why TEXT$/s,
    );
    expect(
      await shown({ redrivable: false }, { canRedrive: false, instead: 'Run: npx brew replay x.' }),
    ).toMatch(/It can't be redriven\. Run: npx brew replay x\.\nAfter that, take it away with/);
    const resolution = { at: '2026-01-02T00:00:00.000Z', by: 'ada', why: 'mended', action: 'x' };
    expect(await shown({ status: 'redriven', resolution, value: null, redrives: 2, lastError: 'x' })).toMatch(
      /redrives +2 times in vain: x.*redriven +2026-01-02T00:00:00.000Z by ada: mended.*Dropped when.*npx brew consume kitchen\.dlq --partition 0 --from 3 --limit 1 --headers\n.*npx brew dlq log kitchen$/s,
    );
  });

  it('shows an event as what it is', async () => {
    expect(await shown({ data: { orderId: 'a', note: '\u202e' } })).toContain(
      'Value, 3 bytes\n  {\n    "orderId": "a",\n    "note": "\\u202e"\n  }',
    );
  });
});

describe('brew dlq redrive and discard', () => {
  const batch = (more: Partial<Batch>): Batch => ({ action: 'x', keysLetGo: 1, next: null, ...more });
  const run = (selection: Selection, options: ActOptions = {}, what: 'redrive' | 'discard' = 'redrive') => {
    const { io, lines, notes } = collect();
    const done = act(what, 'kitchen', selection, { by: 'ada', ...options }, address, io, signal);
    return { done, lines, notes };
  };

  it('goes through all batches as one action, and ends with what became of them', async () => {
    answer = (_url, call) => [
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
    const { action } = asked[0]?.body ?? {};
    expect(action).toMatch(/^[0-9a-f-]{36}$/);
    const body = { all: true, by: 'ada', why: 'mended', limit: 100, action };
    expect(asked.map((each) => [each.url, each.body])).toEqual([
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
    answer = () => [200, batch({})];
    const ids = Array.from({ length: 2_001 }, (_, index) => String(index));
    expect(await run({ ids }).done).toBe(true);
    expect(asked.map(({ body }) => (body.ids as string[]).length)).toEqual([667, 667, 667]);
    expect(new Set(asked.map(({ body }) => body.action)).size).toBe(1);
    await run({ all: true }, { rate: 7.5 }).done;
    expect(asked.at(-1)?.body).toMatchObject({ limit: 7 });
  });

  it('keeps to the rate', async () => {
    answer = (_url, call) => [200, batch({ redriven: 10, next: call < 3 ? String(call) : null })];
    const begun = performance.now();
    await run({ all: true }, { rate: 100 }).done;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(190);
  });

  it('tells what was done when the next batch is refused', async () => {
    answer = (_url, call) =>
      call === 1 ? [200, batch({ redriven: 100, next: '100' })] : problem(503, 'The database is away.');
    const { done, lines } = run({ all: true });
    await expect(done).rejects.toThrow('The database is away.');
    expect(lines).toEqual([expect.stringContaining('100 letters redriven')]);
  });

  it('ends behind the batch that is under way when it is interrupted', async () => {
    const interrupted = new AbortController();
    answer = () => {
      interrupted.abort();
      return [200, batch({ redriven: 100, next: '100' })];
    };
    const { io, lines } = collect();
    expect(await act('redrive', 'kitchen', { all: true }, {}, address, io, interrupted.signal)).toBe(false);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body.by).toMatch(/\S/);
    expect(lines).toEqual([
      expect.stringMatching(/100 letters redriven.*Interrupted: the same command goes on with the others\.$/),
    ]);
  });

  it('only says what would go in a dry run', async () => {
    answer = (_url, call) => [
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
    expect(asked.map(({ body }) => body.dryRun)).toEqual([true, true]);
    expect(asked[0]?.body.filter).toEqual({ reason: 'failed' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['LETTER', 'kitchen/1', 'kitchen/2', 'Nothing']);
    expect(lines.at(-1)).toBe('Nothing was done: 2 letters would go, in this order.');
  });

  it('discards more than one only when told to, where nobody can be asked', async () => {
    answer = () => [200, batch({ letters: [letter, { ...letter, id: '18' }] })];
    const why = 'a test';
    await expect(run({ all: true }, { why }, 'discard').done).rejects.toThrow(
      'That discards 2 letters, and nobody can be asked here. Say so with --yes; see them with --dry-run.',
    );
    expect(asked.map(({ body }) => body.dryRun)).toEqual([true]);

    answer = () => [200, batch({ discarded: 2 })];
    for (const [selection, yes] of [
      [{ all: true }, true],
      [{ ids: ['17'] }, false],
    ] as const) {
      const { done, lines } = run(selection as Selection, { why, yes }, 'discard');
      expect(await done).toBe(true);
      expect(asked.at(-1)).toMatchObject({
        url: '/kitchen/dead-letters/discard',
        body: { ...selection, why },
      });
      expect(asked.at(-1)?.body).not.toHaveProperty('dryRun');
      expect(lines).toEqual([
        expect.stringContaining('✔ kitchen: 2 letters discarded, 1 key let go'),
        expect.stringContaining('stays undone'),
      ]);
    }
  });

  it('says what of the keys of discarded letters waits still', async () => {
    answer = (url) => {
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
    answer = () => [200, batch({ redriven: 0, skipped, keysLetGo: 0 })];
    const { done, lines } = run({ all: true });
    expect(await done).toBe(false);
    expect(lines.at(-1)).toMatch(/^! kitchen: 0 letters redriven, 1 letter left as it is \(.*\)\.$/);

    answer = () => [200, batch({ redriven: 1, skipped, keysLetGo: 0 })];
    const some = run({ all: true });
    expect(await some.done).toBe(true);
    expect(some.lines.at(-1)).toMatch(/^! kitchen: 1 letter redriven, 1 letter left as it is/);
  });

  it('tells what was done before, and where there was nothing to do', async () => {
    const skipped = [{ id: '17', why: 'was redriven already', status: 'redriven' as const }];
    answer = () => [200, batch({ redriven: 0, skipped, keysLetGo: 0 })];
    const before = run({ ids: ['17'] });
    expect(await before.done).toBe(true);
    expect(before.lines.at(-1)).toMatch(/^! kitchen: 0 letters redriven, 1 letter done before/);
    // A discarded one is not redriven, whoever asks.
    expect(await run({ ids: ['17'] }, { why: 'a test' }, 'discard').done).toBe(false);

    answer = () => [200, batch({ redriven: 0, keysLetGo: 0 })];
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
    answer = () => [200, batch({ redriven: 1 })];
    const { done, lines } = run({ ids: ['17'] }, { json: true });
    expect(await done).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'batch', ...batch({ redriven: 1 }) },
      expect.objectContaining({ event: 'done', redriven: 1, failed: 0, keysLetGo: 1 }),
    ]);
  });
});

it('brew dlq log shows who did what, when and why, the newest first', async () => {
  const action = {
    ...{ id: 'x', at: '2026-01-01T12:00:00.123Z', by: 'ada', action: 'redrive', why: null },
    ...{ selection: { all: true }, redriven: 1_200, alreadyDone: 0, failed: 1, skipped: 0, discarded: 0 },
  };
  const later = {
    ...{ ...action, at: '2026-01-02T12:00:00.000Z', action: 'discard', why: 'a \u001b[2Jtest' },
    ...{ selection: { ids: ['1'] }, redriven: 0, failed: 0, discarded: 1 },
  };
  answer = (url) => [
    200,
    { actions: groupIn(url) === 'kitchen' ? [action] : groupIn(url) === 'order' ? [later] : [] },
  ];
  const { io, lines } = collect();
  expect(await log(undefined, { limit: 20 }, address, io, signal)).toBe(true);
  expect(asked[0]?.url).toMatch(/\/dead-letters\/actions\?limit=20$/);
  expect(lines).toEqual([
    'AT                    GROUP    BY   ACTION   LETTERS  OUTCOME                   WHY',
    '2026-01-02T12:00:00Z  order    ada  discard  1        1 discarded               a \\u001b[2Jtest',
    '2026-01-01T12:00:00Z  kitchen  ada  redrive  all      1,200 redriven, 1 failed',
  ]);
  const narrow = collect();
  await log(undefined, { limit: 20 }, address, { ...narrow.io, columns: () => 60 }, signal);
  expect(narrow.lines[1]).toMatch(/^2026-01-02T12:00:00Z {2}order {4}ada {2}discard {2}1 .*…$/);

  answer = (url) => (groupIn(url) === 'kitchen' ? problem(503, 'Not now.') : [200, { actions: [] }]);
  const none = collect();
  expect(await log(undefined, { limit: 20 }, address, none.io, signal)).toBe(false);
  expect(none.lines).toEqual([
    'The actions of kitchen are not known: kitchen: Not now.',
    'Nobody has redriven or discarded anything in the other groups.',
  ]);
});
