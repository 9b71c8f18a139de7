import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { z } from 'zod';
import { createMetrics } from '../metrics.ts';
import { createApp } from './createApp.ts';
import type { Readiness } from './health.ts';
import { problem } from './problem.ts';
import { route } from './route.ts';
import type { SseMessage } from './sse.ts';

const stopping = new AbortController();
const logged: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
let ready = true;
let readiness: Readiness = { status: 'ready', state: 'running', dependencies: {} };
let streamEnded = false;

async function* ticks(signal: AbortSignal): AsyncGenerator<SseMessage> {
  try {
    yield { event: 'tick', id: '1\nevil: 2', data: { at: 1 } };
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    streamEnded = true;
  }
}

const echo = route({
  method: 'post',
  path: '/echo/:id',
  summary: 'Say it again',
  params: z.object({ id: z.string().max(4) }),
  query: z.object({ times: z.coerce.number().int().optional() }),
  headers: z.object({ 'idempotency-key': z.string().min(1).optional() }),
  body: z.object({ text: z.string().max(100_000), nested: z.strictObject({ a: z.int() }).optional() }),
  responses: { 200: { description: 'The same', schema: z.unknown() } },
  handle: async ({ params, query, headers, body, rawBody, cause }) => ({
    status: 200,
    headers: { 'X-Bytes': String(rawBody.length) },
    body: { params, query, headers, body, cause },
  }),
});

const failing = (path: string, error: unknown) =>
  route({
    method: 'get',
    path,
    summary: 'Fails',
    responses: { 204: { description: 'Never' } },
    handle: async () => {
      throw error;
    },
  });

const routes = [
  echo,
  failing('/broken', new Error('select * from secrets')),
  failing('/outage', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
  failing('/late', problem(409, 'TOO_LATE', 'The kitchen has started.', { orderId: 'o-1' })),
  route({
    method: 'get',
    path: '/ticks',
    summary: 'A stream',
    responses: { 200: { description: 'ticks', contentType: 'text/event-stream' } },
    handle: async ({ signal }) => ({ stream: ticks(signal) }),
  }),
  route({
    method: 'delete',
    path: '/staff',
    summary: 'For staff',
    staff: true,
    responses: { 204: { description: 'done' } },
    handle: async () => ({ status: 204 }),
  }),
];

let server: Server;
let url: string;
beforeAll(async () => {
  const app = createApp({
    name: 'test',
    version: '1.0.0',
    routes,
    staffToken: 'staff-token',
    requestsPerMinute: 1_000,
    health: async () => readiness,
    isReady: () => ready,
    stopping: stopping.signal,
    metrics: createMetrics(),
    log,
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const document = (await response.json()) as Record<string, unknown>;
  expect(document).toMatchObject({
    type: 'about:blank',
    status: response.status,
    instance: expect.any(String),
  });
  return document;
}

describe('a request', () => {
  it('reaches its route with everything parsed, and its answer goes back', async () => {
    const response = await post('/echo/7?times=2', '{"text":"hi"}', { 'Idempotency-Key': 'k' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-bytes')).toBe('13');
    expect(await response.json()).toMatchObject({
      params: { id: '7' },
      query: { times: 2 },
      headers: { 'idempotency-key': 'k' },
      body: { text: 'hi' },
    });
  });

  it('is refused with everything that is wrong with it, unknown fields among it', async () => {
    const response = await post(
      '/echo/12345?times=x&colour=red',
      '{"text":1,"size":"XL","nested":{"a":1,"b":2}}',
    );
    expect(response.status).toBe(400);
    const { errors, code } = await problemOf(response);
    expect(code).toBe('REQUEST_INVALID');
    const places = (errors as { in: string; field: string }[]).map((error) => `${error.in} ${error.field}`);
    expect(places.sort()).toEqual(
      ['body nested.b', 'body size', 'body text', 'path id', 'query colour', 'query times'].sort(),
    );
  });

  it('is left alone when whoever asked has hung up before its turn', async () => {
    const handled = Promise.withResolvers<void>();
    await using late = createServer((request, response) => {
      request.socket.destroy();
      server.emit('request', request, response);
      handled.resolve();
    }).listen(0, '127.0.0.1');
    await until(() => late.listening, { what: 'the server to listen' });
    const before = logged.length;
    const { port } = late.address() as AddressInfo;
    await expect(fetch(`http://127.0.0.1:${port}/broken`)).rejects.toThrow();
    await handled.promise;
    expect(logged.slice(before)).toEqual([]);
  });

  it('can not slip a prototype in', async () => {
    expect((await post('/echo/7', '{"text":"hi","__proto__":{"admin":true}}')).status).toBe(400);
  });

  it('is refused when it holds text that no database takes, wherever that is', async () => {
    const response = await post('/echo/%00', '{"text":"\\ud83d"}');
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      errors: [
        { in: 'path', field: 'id' },
        { in: 'body', field: 'text' },
      ],
    });
  });

  it('is refused when a header that counts comes twice, instead of both being joined', async () => {
    const { status, document } = await new Promise<{ status: number | undefined; document: unknown }>(
      (resolve) => {
        const headers = { 'content-type': 'application/json', 'idempotency-key': ['a', 'b'] };
        request(`${url}/echo/7`, { method: 'POST', headers }, async (response) => {
          resolve({ status: response.statusCode, document: JSON.parse(await text(response)) });
        }).end('{"text":"hi"}');
      },
    );
    expect(status).toBe(400);
    expect(document).toMatchObject({ errors: [{ in: 'headers', field: 'idempotency-key' }] });
  });

  it.each([
    ['no JSON', '{"text":', 'application/json', 400, 'MALFORMED_JSON'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'application/json', 400, 'MALFORMED_JSON'],
    ['JSON behind a byte order mark', '\uFEFF{"text":"hi"}', 'application/json', 400, 'MALFORMED_JSON'],
    ['a form', 'text=hi', 'application/x-www-form-urlencoded', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another charset', '{"text":"hi"}', 'application/json; charset=latin1', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['too much', JSON.stringify({ text: 'x'.repeat(66_000) }), 'application/json', 413, 'BODY_TOO_LARGE'],
  ])('is refused when its body is %s', async (_, body, type, status, code) => {
    const response = await post('/echo/7', body, { 'Content-Type': type });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code });
  });

  it.each([
    ['GET', '/nowhere', 404, 'NOT_FOUND'],
    ['GET', '/echo/7', 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/echo/%E0%A4%A', 400, 'MALFORMED_REQUEST'],
  ])('%s %s is answered with %i and a problem', async (method, path, status, code) => {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code, instance: path });
    if (status === 405) expect(response.headers.get('allow')).toBe('POST');
  });

  it('is told nothing internal when its route breaks, while the log has it all', async () => {
    const response = await fetch(`${url}/broken`);
    expect(response.status).toBe(500);
    const document = await problemOf(response);
    expect(JSON.stringify(document)).not.toMatch(/select|secrets|at /);
    expect(logged.find(({ traceId, level }) => traceId === document.traceId && level === 50)).toMatchObject({
      err: { message: 'select * from secrets', stack: expect.any(String) },
    });
  });

  it('may be repeated when something that the service needs is away', async () => {
    const response = await fetch(`${url}/outage`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
  });

  it('is answered with the problem that its route threw', async () => {
    expect(await problemOf(await fetch(`${url}/late`))).toMatchObject({
      status: 409,
      title: 'Conflict',
      code: 'TOO_LATE',
      detail: 'The kitchen has started.',
      orderId: 'o-1',
    });
  });

  it('waits outside until the service is running', async () => {
    ready = false;
    const response = await post('/echo/7', '{"text":"hi"}');
    ready = true;
    expect(response.status).toBe(503);
    expect(await problemOf(response)).toMatchObject({ code: 'NOT_READY' });
  });
});

describe('a trace', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const traceparentOf = async (headers: Record<string, string>) => {
    const answer = (await (await post('/echo/7', '{"text":"hi"}', headers)).json()) as {
      cause: { traceparent: string };
    };
    return answer.cause.traceparent;
  };

  it('goes on in a new span', async () => {
    const child = await traceparentOf({ traceparent: parent });
    expect(child).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(child).not.toBe(parent);
  });

  it.each([{}, { traceparent: 'rubbish' }])('begins when there is none to go on: %j', async (headers) => {
    expect(await traceparentOf(headers)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

describe('a route for staff', () => {
  it.each([
    [undefined, 401],
    ['Bearer wrong', 401],
    ['Basic staff-token', 401],
    ['Bearer staff-token', 204],
  ])('with authorization %s answers %i', async (authorization, status) => {
    const headers = authorization ? { authorization } : {};
    expect((await fetch(`${url}/staff`, { method: 'DELETE', headers })).status).toBe(status);
  });

  it('can not be made without a token to compare with', () => {
    const options = { name: 't', version: '1', routes, staffToken: undefined, requestsPerMinute: 1, log };
    const rest = {
      health: async () => readiness,
      isReady: () => true,
      stopping: stopping.signal,
      metrics: createMetrics(),
    };
    expect(() => createApp({ ...options, ...rest })).toThrow('STAFF_TOKEN');
  });
});

describe('a stream', () => {
  it('sends its messages as they come, and its route is told when the reader goes', async () => {
    const leave = new AbortController();
    const response = await fetch(`${url}/ticks`, { signal: leave.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('event: tick\nid: 1 evil: 2\ndata: {"at":1}\n\n');
    leave.abort();
    await until(() => streamEnded, { what: 'the route to notice' });
  });

  it('ends when the service stops', async () => {
    const response = await fetch(`${url}/ticks`);
    const ended = response.text();
    stopping.abort();
    expect(await ended).toContain('event: tick');
  });
});

describe('what every service has', () => {
  it('is alive while it answers', async () => {
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
  });

  it.each([
    ['ready', 200],
    ['degraded', 200],
    ['not_ready', 503],
  ] as const)('says that it is %s with %i', async (status, expected) => {
    readiness = { ...readiness, status };
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(expected);
    expect(await response.json()).toMatchObject({ status });
  });

  it('counts requests by route, not by address', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="POST",route="\/echo\/:id",status="200"\} \d+/,
    );
    expect(text).not.toContain('/echo/7');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('shows its documentation without anything from elsewhere, under a policy that allows nothing else', async () => {
    const page = await fetch(`${url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none';script-src 'self'");
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses).toHaveLength(4);
    for (const address of [...addresses, '/openapi.json']) {
      expect(address).toMatch(/^\//);
      expect((await fetch(url + address)).status).toBe(200);
    }
    expect(html).not.toMatch(/<script>|onload=/);
  });

  it('does not say what it is made with', async () => {
    expect((await fetch(`${url}/health/live`)).headers.get('x-powered-by')).toBeNull();
  });

  it('survives a request that is no HTTP', async () => {
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('rubbish\r\n\r\n'));
      socket.once('data', (data) => resolve(String(data)));
    });
    expect(answer).toContain('400 Bad Request');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });
});

it('refuses more requests than the limit, with a problem that says when to come back', async () => {
  const app = createApp({
    name: 'limited',
    version: '1.0.0',
    routes: [],
    staffToken: undefined,
    requestsPerMinute: 2,
    health: async () => readiness,
    isReady: () => true,
    stopping: stopping.signal,
    metrics: createMetrics(),
    log,
  });
  const limited = createServer(app);
  await new Promise<void>((resolve) => limited.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(limited.address() as AddressInfo).port}`;
  const statuses = [];
  for (const _ of [1, 2, 3]) statuses.push((await fetch(`${address}/openapi.json`)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect(Number((await fetch(`${address}/openapi.json`)).headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await fetch(`${address}/health/live`)).status).toBe(200);
  limited.closeAllConnections();
  limited.close();
});
