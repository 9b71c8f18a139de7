import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { letter, problem, serveLetters } from '../testing/letterServer.ts';
import { visible } from '../text/visible.ts';
import { askSummary, groupNamed } from './groups.ts';
import type { Letter, LetterDetails, LetterSummary } from './letters.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { overview } from './overview.ts';
import { show } from './show.ts';

const fake = serveLetters();

const { signal } = new AbortController();

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
const groupIn = (url: string): string => url.split('/')[1] ?? '';

describe('brew dlq', () => {
  it('shows how many letters wait where, and what to type next; who has no letters is left out', async () => {
    fake.answer = (url) =>
      groupIn(url) === 'courier'
        ? problem(404, 'There is nothing here.')
        : [200, summary(groupIn(url), groupIn(url) === 'kitchen' ? 1_200 : 0)];
    const { io, lines } = collect();
    expect(await overview({}, fake.address, io, signal)).toBe(true);
    expect(fake.asked[0]).toMatchObject({ method: 'GET', token: 'Bearer sandbox-staff' });
    expect(lines[0]).toMatch(/^GROUP +LETTERS +PARKED KEYS +OLDEST$/);
    expect(lines).toContainEqual(expect.stringMatching(/^kitchen +1,200 +1,200 +2 h 00 min$/));
    expect(lines).toContainEqual(expect.stringMatching(/^order +0 +0$/));
    expect(lines.join()).not.toContain('courier');
    expect(lines.at(-1)).toBe(
      'kitchen: see why with npx brew dlq list kitchen; once that is mended: npx brew dlq redrive kitchen --all',
    );
  });

  it('tells of who does not answer or is behind, and shows the others', async () => {
    fake.answer = (url) => {
      const group = groupIn(url);
      if (group === 'order') return problem(503, 'The database is away.');
      if (group === 'kitchen') return [200, { ...summary(group, 2), asOf: null }];
      if (group !== 'analytics') return [200, { ...summary(group, 1), givenUp: 1 }];
      return [200, { ...summary(group, 1), canRedrive: false, instead: 'Run: npx brew replay analytics' }];
    };
    const { io, lines } = collect();
    expect(await overview({}, fake.address, io, signal)).toBe(false);
    expect(lines[0]).toBe(
      'The letters of order are not known: order: The database is away. See what stands still with: npx brew status',
    );
    expect(lines).toContainEqual(expect.stringMatching(/^GROUP +LETTERS +PARKED KEYS +OLDEST +FAILED 5×$/));
    expect(lines).toContain('kitchen has not read kitchen.dlq yet: newer letters are missing here.');
    expect(lines).toContain("analytics: 1 letter that it can't redrive. Run: npx brew replay analytics");
    fake.answer = () => problem(401, 'This is not a staff token.');
    await overview({}, fake.address, io, signal);
    expect(lines.at(-1)).toBe(
      'The letters of analytics are not known: analytics: This is not a staff token. Set STAFF_TOKEN to the one that it was started with.',
    );
  });

  it('says which service does not answer, and how to bring it back', async () => {
    const gone = { services: { ...fake.address.services, kitchen: 'http://127.0.0.1:1' } };
    fake.answer = (url) => [200, summary(groupIn(url), 0)];
    const { io, lines } = collect();
    expect(await overview({}, gone, io, signal)).toBe(false);
    expect(lines[0]).toBe(
      'The letters of kitchen are not known: kitchen does not answer at http://127.0.0.1:1. ' +
        'See what runs with npx brew status; bring it back with npx brew start kitchen.',
    );
    await expect(show('kitchen', '1', {}, gone, io, signal)).rejects.toThrow(/^kitchen does not answer at/);
  });

  it('does not take who is slow for one that is away', async () => {
    fake.answer = (url) => [200, summary(groupIn(url), 0)];
    const kitchen = groupNamed('kitchen', fake.address);
    const over = AbortSignal.timeout(0);
    await once(over, 'abort');
    await expect(askSummary(kitchen, over)).rejects.toThrow(
      'kitchen has not answered in time. See what stands still with npx brew status.',
    );
  });

  it('advises only what does something', async () => {
    const stuck = { ...letter, id: '3', redrives: 5 };
    const behind = { ...letter, id: '4', reason: 'key_parked' };
    const next = async (of: Partial<LetterSummary>, letters: Letter[] = []) => {
      fake.answer = (url) =>
        url.includes('?limit')
          ? [200, { group: 'kitchen', letters, next: null, asOf: null }]
          : [
              200,
              groupIn(url) === 'kitchen' ? { ...summary('kitchen', 2), ...of } : summary(groupIn(url), 0),
            ];
      const { io, lines } = collect();
      await overview({}, fake.address, io, signal);
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
    fake.answer = (url) =>
      groupIn(url) === 'order' ? problem(503, 'The database is away.') : [200, summary(groupIn(url), 1)];
    const json = collect();
    expect(await overview({ json: true }, fake.address, json.io, signal)).toBe(false);
    expect(JSON.parse(json.lines.join())).toContainEqual({
      group: 'order',
      problem: 'order: The database is away. See what stands still with: npx brew status',
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
    fake.answer = () => [200, page(['17'], null)];
    const { io, lines, notes } = collect();
    expect(await list('kitchen', { ...options, type: 'T', olderThan: 60 }, fake.address, io, signal)).toBe(
      true,
    );
    expect(fake.asked[0]?.url).toBe('/kitchen/dead-letters?status=waiting&limit=2&type=T&olderThan=60');
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
    fake.answer = (_url, call) => [200, page([String(call)], call < 3 ? String(call) : null)];
    const { io, lines, notes } = collect();
    await list('kitchen', { ...options, json: true }, fake.address, io, signal);
    expect(fake.asked.map(({ url }) => url.split('?')[1])).toEqual([
      'status=waiting&limit=2',
      'status=waiting&limit=1&after=1',
    ]);
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['1', '2']);
    expect(notes).toEqual(['kitchen has more than these. See them with: --limit 20']);
  });

  it('fails for a group that was named and refuses, and tells of it when all are asked', async () => {
    fake.answer = (url) => (groupIn(url) === 'kitchen' ? problem(503, 'Not now.') : [200, page([], null)]);
    const { io, lines, notes } = collect();
    await expect(list('kitchen', options, fake.address, io, signal)).rejects.toThrow('Not now.');
    expect(await list(undefined, options, fake.address, io, signal)).toBe(false);
    const unknown =
      'The letters of kitchen are not known: kitchen: Not now. See what stands still with: npx brew status';
    expect(lines).toEqual([unknown, 'No letter waits in the other groups.']);
    expect(notes).toEqual([]);

    const json = collect();
    expect(await list(undefined, { ...options, json: true }, fake.address, json.io, signal)).toBe(false);
    expect([json.lines, json.notes]).toEqual([[], [`brew: ${unknown}`]]);
  });

  it('does not take a filter that nothing is like for the end of all letters', async () => {
    fake.answer = (url) => [200, url.includes('/summary') ? summary(groupIn(url), 1) : page([], null)];
    const { io, lines } = collect();
    await list('kitchen', { ...options, type: 'T' }, fake.address, io, signal);
    await list('kitchen', options, fake.address, io, signal);
    await list('kitchen', { ...options, status: 'all', type: 'T' }, fake.address, io, signal);
    fake.answer = (url) => [200, url.includes('/summary') ? summary(groupIn(url), 2) : page([], null)];
    await list(undefined, { ...options, type: 'T' }, fake.address, io, signal);
    expect(lines).toEqual([
      'No letter that waits in kitchen is like that; 1 other waits.',
      'No letter waits in kitchen.',
      'No letter in kitchen is like that.',
      expect.stringMatching(/^No letter that waits is like that; \d+ others wait\.$/),
    ]);
  });

  it.each([80, 120])('fits a terminal of %i columns, and cuts no id and no age', async (columns) => {
    fake.answer = () => [
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
    await list('kitchen', options, fake.address, { ...io, columns: () => columns }, signal);
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
    fake.answer = (url) => [
      200,
      url.includes('summary') ? { ...summary('kitchen', 1), ...its } : { ...details, ...more },
    ];
    const { io, lines } = collect();
    await show('kitchen', '17', {}, fake.address, io, signal);
    expect(fake.asked.map(({ url }) => url)).toContain('/kitchen/dead-letters/17');
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
    const large = await shown({ redrivable: false, missing: 'value', value: null });
    expect(large).toContain('or lost: value may still be where it came from.');
    const deleted = await shown({
      redrivable: false,
      reason: 'deleted',
      lastOffset: '9',
      missing: 'value',
      value: null,
    });
    expect(deleted).not.toMatch(/written|Value|Too large/);
    expect(deleted).toMatch(
      /offsets 7 to 9.*It can't be redriven\. It stands for records that were deleted .*\nAfter that, take it away with: npx brew dlq discard kitchen 17 --why TEXT$/s,
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

it('brew dlq log shows who did what, when and why, the newest first', async () => {
  const action = {
    ...{ id: 'x', at: '2026-01-01T12:00:00.123Z', by: 'ada', action: 'redrive', why: null },
    ...{ selection: { all: true }, redriven: 1_200, alreadyDone: 0, failed: 1, skipped: 0, discarded: 0 },
  };
  const later = {
    ...{ ...action, at: '2026-01-02T12:00:00.000Z', action: 'discard', why: 'a \u001b[2Jtest' },
    ...{ selection: { ids: ['1'] }, redriven: 0, failed: 0, discarded: 1 },
  };
  fake.answer = (url) => [
    200,
    { actions: groupIn(url) === 'kitchen' ? [action] : groupIn(url) === 'order' ? [later] : [] },
  ];
  const { io, lines } = collect();
  expect(await log(undefined, { limit: 20 }, fake.address, io, signal)).toBe(true);
  expect(fake.asked[0]?.url).toMatch(/\/dead-letters\/actions\?limit=20$/);
  expect(lines).toEqual([
    'AT                    GROUP    BY   ACTION   LETTERS  OUTCOME                   WHY',
    '2026-01-02T12:00:00Z  order    ada  discard  1        1 discarded               a \\u001b[2Jtest',
    '2026-01-01T12:00:00Z  kitchen  ada  redrive  all      1,200 redriven, 1 failed',
  ]);
  const narrow = collect();
  await log(undefined, { limit: 20 }, fake.address, { ...narrow.io, columns: () => 60 }, signal);
  expect(narrow.lines[1]).toMatch(/^2026-01-02T12:00:00Z {2}order {4}ada {2}discard {2}1 .*…$/);

  fake.answer = (url) => (groupIn(url) === 'kitchen' ? problem(503, 'Not now.') : [200, { actions: [] }]);
  const none = collect();
  expect(await log(undefined, { limit: 20 }, fake.address, none.io, signal)).toBe(false);
  expect(none.lines).toEqual([
    'The actions of kitchen are not known: kitchen: Not now. See what stands still with: npx brew status',
    'Nobody has redriven or discarded anything in the other groups.',
  ]);
});
