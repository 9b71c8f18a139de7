import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createMetrics } from '../metrics.ts';
import { createApp } from './createApp.ts';
import { route } from './route.ts';

const logged: Record<string, unknown>[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
/** What waits in the route /wait, as for a database that does not answer. */
const waiting: { end(): void; unwanted: AbortSignal | undefined }[] = [];

const wait = route({
  method: 'get',
  path: '/wait',
  summary: 'Waits',
  responses: { 204: { description: 'at last' } },
  async handle({ cause: { unwanted } }) {
    await new Promise<void>((resolve) => waiting.push({ end: resolve, unwanted }));
    return { status: 204 };
  },
});
const away = route({
  method: 'get',
  path: '/away',
  summary: 'Its database is away',
  responses: { 204: { description: 'never' } },
  handle: async () => {
    throw Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  },
});
const follow = route({
  method: 'get',
  path: '/follow',
  summary: 'A stream on which nothing comes',
  responses: { 200: { description: 'nothing', contentType: 'text/event-stream' } },
  async handle({ signal }) {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return {
      stream: (async function* () {
        yield { data: 'begun' };
        await aborted;
      })(),
    };
  },
});

let server: Server;
let url: string;
beforeAll(async () => {
  const app = createApp({
    name: 'bounded',
    version: '1.0.0',
    routes: [wait, away, follow],
    staffToken: undefined,
    requestsPerMinute: 10_000,
    health: async () => ({ status: 'ready', state: 'running', dependencies: {} }),
    isReady: () => true,
    stopping: new AbortController().signal,
    metrics: createMetrics(),
    log,
    bounds: { requests: 3, streams: 5, streamsOfOne: 2, answerMs: 300 },
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const { end } of waiting.splice(0)) end();
  logged.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

it('answers 503 in time, whatever a route waits for, and says when to come back', async () => {
  const response = await fetch(`${url}/wait`);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await codeOf(response)).toBe('LATE');
  expect(waiting[0]?.unwanted?.aborted).toBe(true);
});

it('lets nobody in while too much is under way, also what nobody waits for any more', async () => {
  const late = await Promise.all([1, 2, 3].map(() => fetch(`${url}/wait`)));
  expect(late.map(({ status }) => status)).toEqual([503, 503, 503]);
  const refused = await fetch(`${url}/wait`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(await codeOf(refused)).toBe('BUSY');
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  for (const { end } of waiting.splice(0)) end();
  await until(async () => (await fetch(`${url}/away`).then(codeOf)) === 'UNAVAILABLE', {
    what: 'room again',
  });
});

it('tells the work when its caller is gone', async () => {
  const leave = new AbortController();
  const answer = fetch(`${url}/wait`, { signal: leave.signal }).catch(() => 'gone');
  await until(() => waiting.length === 1);
  leave.abort();
  expect(await answer).toBe('gone');
  await until(() => waiting[0]?.unwanted?.aborted, { what: 'the work to be told' });
  expect(logged).toEqual([]);
});

it('logs a request that it refuses in a line without a stack', async () => {
  await fetch(`${url}/away`);
  expect(logged).toEqual([
    expect.objectContaining({ level: 40, msg: 'request refused', path: '/away', reason: 'connect refused' }),
  ]);
  expect(JSON.stringify(logged)).not.toContain('stack');
});

it('opens so many streams for an address, and another one when one of them is closed', async () => {
  const leave = new AbortController();
  const open = () => fetch(`${url}/follow`, { signal: leave.signal });
  const streams = await Promise.all([open(), open()]);
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);
  const third = await open();
  expect(third.status).toBe(429);
  expect(await codeOf(third)).toBe('TOO_MANY_STREAMS');
  leave.abort();
  await until(
    async () => {
      const again = await fetch(`${url}/follow`);
      await again.body?.cancel();
      return again.status === 200;
    },
    { what: 'room again' },
  );
});
