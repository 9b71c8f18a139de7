import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addressesOf } from '../addresses.ts';
import { plain } from '../text/format.ts';
import type { ReplayMessages } from './messages.ts';
import { check, type ReplayCommandOptions, replay } from './replay.ts';

/** The service's HTTP side, answering what a test tells it to. */
let server: Server;
let services: ReturnType<typeof addressesOf>['services'];
let asked: { method: unknown; url: unknown; token: unknown; body: Record<string, unknown> }[] = [];
let answers: ((response: ServerResponse) => void)[] = [];
let said: string[] = [];
let noted: string[] = [];

const io = {
  out: async (line: string) => void said.push(line),
  note: (line: string) => void noted.push(line),
  paint: plain,
  columns: () => 0,
};

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const body = JSON.parse((await request.toArray()).join('') || '{}');
    asked.push({ method, url, token: headers.authorization, body });
    answers.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  services = { ...addressesOf().services, analytics: url };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [asked, answers, said, noted] = [[], [], [], []];
});

const { signal } = new AbortController();
const run = (options: ReplayCommandOptions = {}) => replay(options, { services }, io, signal);

type Message = { [Event in keyof ReplayMessages]: [Event, ReplayMessages[Event]] }[keyof ReplayMessages];

function stream(...messages: Message[]) {
  answers.push((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [event, data] of messages) {
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    response.end();
  });
}

const json = (status: number, body: unknown) =>
  answers.push((response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
  );

const plan: Message = [
  'plan',
  {
    beginning: 'beside',
    projections: [
      {
        ...{ name: 'sales', live: 'sales_g1', builtSince: '2026-01-01T09:00:00.000Z', gone: null },
        limitedBy: { topic: 'brew.shipments.v1', since: '2026-01-01T08:00:00.000Z' },
      },
    ],
    partitions: [0, 1],
    records: 1_001_000,
    incomplete: [{ topic: 'brew.shipments.v1', since: '2026-01-01T08:00:00.000Z' }],
  },
];
const partition = { topic: 'brew.orders.v1', partition: 0, from: 10, offset: 60, until: 110 };
const progress: Message = ['progress', { partitions: [partition] }];
const AGREED = { acceptDifferences: true, acceptLoss: true };
const UNAGREED = { acceptDifferences: false, acceptLoss: false };
const totals = { live: { orders: 5, amount: 2_101 }, rebuilt: { orders: 5, amount: 2_100 } };
const NONE = { live: [], rebuilt: [] };
const same: Message = [
  'comparison',
  {
    comparisons: [
      {
        projection: 'sales',
        by: 'cafe',
        since: null,
        totals,
        same: 80,
        different: 0,
        less: 0,
        examples: NONE,
      },
    ],
  },
];
const done = (outcome: ReplayMessages['done']['outcome']): Message => [
  'done',
  { outcome, schemas: ['sales_g2'], seconds: 3.21 },
];

describe('brew replay analytics', () => {
  it('tells what it will do, how far it is, what it found, and what is live now', async () => {
    stream(plan, progress, same, done('switched'));
    expect(await run({ projection: ['sales'], verbose: true })).toBe(true);
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/replays',
        token: 'Bearer sandbox-staff',
        body: { how: 'beside', end: 'switch', projections: ['sales'], ...UNAGREED },
      },
    ]);
    expect(said).toEqual([
      'Rebuilding sales from 1,001,000 records in 2 partitions, beside the live tables.',
      '  brew.shipments.v1 begins at 2026-01-01T08:00:00.000Z.',
      '  sales       hours before 2026-01-01 09:00 UTC from sales_g1, since then from the topics',
      expect.stringMatching(/^50 of 100 records, [\d,]+ a second, .* left$/),
      '  brew.orders.v1/0  50 of 100',
      '✔ sales       80 cafes, all alike: orders 5, amount 2,101',
      '✔ Live are now sales_g2. Those before are kept until: npx brew replay analytics --prune (3.2 s)',
    ]);
  });

  it('shows where they differ, and switches only when told to', async () => {
    const examples = { live: [{ cafe_id: 'cafe-007', orders: 5 }], rebuilt: [] };
    const other = {
      projection: 'sales',
      by: 'cafe',
      since: null,
      totals,
      same: 79,
      different: 1,
      less: 1,
      examples,
    };
    stream(['comparison', { comparisons: [other] }], done('different'));
    expect(await run()).toBe(false);
    expect(said).toEqual([
      '✖ sales       1 of 80 cafes differ: live orders 5, amount 2,101, rebuilt orders 5, amount 2,100',
      '    live     {"cafe_id":"cafe-007","orders":5}',
      '! sales       in some hours what is live counts more: a switch takes that out of the reports',
      expect.stringContaining('Switch all the same with: npx brew replay analytics --resume --yes'),
    ]);
    stream(done('switched'));
    expect(await run({ resume: true, yes: true })).toBe(true);
    expect(asked[1]?.body).toEqual({ how: 'resume', end: 'switch', ...AGREED });
  });

  it.each<[ReplayCommandOptions, object]>([
    [{ from: new Date(0) }, { how: 'beside', end: 'switch', from: '1970-01-01T00:00:00.000Z' }],
    [{ until: 'now' }, { how: 'beside', end: 'now' }],
    [
      { dryRun: true, resume: true },
      { how: 'resume', end: 'plan' },
    ],
    [
      { inPlace: true, dryRun: true },
      { how: 'in place', end: 'plan' },
    ],
  ])('asks the service for %j', async (options, body) => {
    stream(done('built'));
    expect(await run(options)).toBe(true);
    expect(asked[0]?.body).toEqual({ ...body, ...UNAGREED });
  });

  it.each<[ReplayCommandOptions, string]>([
    [{ prune: true, dryRun: true }, '--prune and --dry-run'],
    [{ resume: true, from: new Date(0) }, '--resume and --from'],
    [{ inPlace: true, until: 'now' }, '--in-place and --until'],
  ])('refuses %j before anything is asked', async (options, flags) => {
    await expect(run(options)).rejects.toThrow(`${flags} don't go together. Leave one of them out.`);
    expect(asked).toEqual([]);
  });

  it('prints each message as it is, for programs', async () => {
    stream(plan, done('planned'));
    await run({ json: true, dryRun: true });
    expect(said.map((line) => JSON.parse(line))).toEqual([
      { event: 'plan', ...plan[1] },
      { event: 'done', outcome: 'planned', schemas: ['sales_g2'], seconds: 3.21 },
    ]);
  });

  it("says in the service's words why it was refused, or failed", async () => {
    json(409, { code: 'REPLAY_UNDER_WAY', detail: 'Another replay is under way. Wait for its end.' });
    await expect(run()).rejects.toThrow(/^Another replay is under way\. Wait for its end\.$/);
    const offset = 'Offset 3 can not be read.';
    for (const [next, advice] of [
      ['resume', ' Go on with: npx brew replay analytics --resume'],
      ['anew', ' Begin anew with: npx brew replay analytics'],
      [null, ''],
    ] as const) {
      stream(plan, ['failed', { message: offset, next }]);
      await expect(run()).rejects.toMatchObject({
        message: `${offset} The live tables are as they were.${advice}`,
      });
    }
    stream(['failed', { message: 'There is nothing to resume.', next: null }]);
    await expect(run()).rejects.toThrow(/^There is nothing to resume\. The live tables are as they were\.$/);
    answers.push((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': \n\n', () => response.destroy());
    });
    await expect(run()).rejects.toThrow('The service went away. The live tables are as they were.');
  });

  it('begins with nothing by which something would be gone, before that is agreed to', async () => {
    const detail = 'sales_g1 will be removed: there will be no way back to it.';
    json(409, { code: 'REPLAY_LOSES', detail });
    await expect(run({ inPlace: true })).rejects.toThrow(`${detail} Agree with --yes.`);
    stream(done('replaced'));
    expect(await run({ inPlace: true, yes: true })).toBe(true);
    expect(asked.map(({ body }) => body)).toEqual([
      { how: 'in place', end: 'switch', ...UNAGREED },
      { how: 'in place', end: 'switch', ...AGREED },
    ]);
    expect(said).toEqual(['✔ Live are now sales_g2. Those before are removed. (3.2 s)']);
  });

  it('says who keeps it from switching, and what is compared where the topics have lost their beginning', async () => {
    stream(
      [
        'comparison',
        {
          comparisons: [
            {
              ...{ projection: 'sales', by: 'cafe', since: '2026-01-01T09:00:00.000Z', totals },
              ...{ same: 80, different: 0, less: 0, examples: NONE },
            },
          ],
        },
      ],
      ['held', { sessions: ['psql (pid 7), in a transaction for 40 s'] }],
      done('switched'),
    );
    await run();
    expect(said.slice(0, 2)).toEqual([
      '✔ sales       80 cafes since 2026-01-01 09:00 UTC, all alike: orders 5, amount 2,101',
      '! Not switched yet, since others read the tables: psql (pid 7), in a transaction for 40 s. Trying again; nobody waits meanwhile.',
    ]);
  });

  it('does not call it alike when there was nothing to compare', async () => {
    const since = '2026-01-01T09:00:00.000Z';
    const none = { live: {}, rebuilt: {} };
    const nothing = {
      projection: 'sales',
      by: 'cafe',
      since,
      totals: none,
      same: 0,
      different: 0,
      less: 0,
      examples: NONE,
    };
    stream(['comparison', { comparisons: [nothing] }], done('switched'));
    expect(await run()).toBe(true);
    expect(said[0]).toBe('- sales       nothing to compare since 2026-01-01 09:00 UTC');
  });

  it('is cancelled by hanging up', async () => {
    const interrupted = new AbortController();
    const hungUp = Promise.withResolvers<void>();
    answers.push((response) => {
      response.once('close', () => hungUp.resolve());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: plan\ndata: ${JSON.stringify(plan[1])}\n\n`);
    });
    const replayed = replay({}, { services }, io, interrupted.signal);
    await until(() => said.length > 0, { what: 'the plan' });
    interrupted.abort();
    expect(await replayed).toBe(false);
    await hungUp.promise;
    expect(noted).toEqual([
      expect.stringMatching(/^Cancelled\. The live tables are as they were\. Go on with/),
    ]);
  });

  const generations = {
    generations: [
      { projection: 'funnel', state: 'old', schema: 'funnel_g1' },
      { projection: 'sales', state: 'old', schema: 'sales_g1' },
      { projection: 'sales', state: 'building', schema: 'sales_g2' },
      { projection: 'sales', state: 'live', schema: 'sales_g3' },
    ],
  };

  it('removes nothing that is not live before somebody has agreed to it by name', async () => {
    json(200, generations);
    await expect(run({ prune: true, projection: ['sales'] })).rejects.toMatchObject({
      message: expect.stringContaining('Add --yes to remove sales_g1, sales_g2.'),
    });
    expect(asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('removes what is not live when that is asked', async () => {
    json(200, generations);
    json(200, { schemas: ['sales_g1', 'sales_g2'] });
    expect(await run({ prune: true, projection: ['sales'], yes: true })).toBe(true);
    expect(asked[1]).toMatchObject({
      method: 'DELETE',
      url: '/generations',
      body: { projections: ['sales'] },
    });
    expect(said).toEqual(['✔ Removed sales_g1, sales_g2.']);
  });
});

describe('brew replay check analytics', () => {
  const alike = { projection: 'sales', by: 'cafe', since: null, same: 80, different: 0, less: 0 };
  const comparison = { ...alike, totals, examples: NONE };
  const checked = (...comparisons: ReplayMessages['comparison']['comparisons']) => {
    stream(plan, ['comparison', { comparisons }], done('checked'));
    return check({}, { services }, io, signal);
  };

  it('says that the tables are what a rebuild makes', async () => {
    expect(await checked(comparison)).toBe(true);
    expect(said.at(-2)).toBe('✔ sales       80 cafes, all alike: orders 5, amount 2,101');
    expect(noted).toEqual([]);
  });

  it('is not well when there was nothing to compare, and says why and what to do', async () => {
    expect(await checked({ ...comparison, same: 0, since: '2026-01-01T09:00:00.000Z' })).toBe(false);
    expect(said.slice(-2)).toEqual([
      '- sales       nothing to compare since 2026-01-01 09:00 UTC',
      'The rebuild is removed again. (3.2 s)',
    ]);
    expect(noted).toEqual([
      'Nothing was compared of sales: the hours that can be compared begin at 2026-01-01 09:00 UTC, as brew.shipments.v1 begins at 2026-01-01T08:00:00.000Z. Check again when orders of such an hour have been counted.',
    ]);
  });

  it('is not well when the live tables are of another version', async () => {
    expect(await checked()).toBe(false);
    expect(noted).toEqual([
      expect.stringMatching(/^Nothing was compared of sales: sales_g1 has not the tables/),
    ]);
  });

  it('shows rows that differ', async () => {
    const examples = { live: [{ orders: 11 }], rebuilt: [{ orders: 10 }] };
    expect(await checked({ ...comparison, same: 79, different: 1, examples })).toBe(false);
    expect(said.slice(-4, -1)).toEqual([
      '✖ sales       1 of 80 cafes differ: live orders 5, amount 2,101, rebuilt orders 5, amount 2,100',
      '    live     {"orders":11}',
      '    rebuilt  {"orders":10}',
    ]);
  });
});
