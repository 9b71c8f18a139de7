import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { addressesOf } from '../addresses.ts';
import { groupsOf } from '../dlq/groups.ts';
import type { Letter } from '../dlq/letters.ts';

interface Asked {
  method: unknown;
  url: string;
  token: unknown;
  body: Record<string, unknown>;
}

/**
 * The HTTP side of the services, answering what a test tells it to: one under the path of each group. It is there for the tests of a file, and
 * each begins with nothing asked.
 */
export function serveLetters() {
  const fake = {
    asked: [] as Asked[],
    answer: (_url: string, _call: number): [status: number, body: unknown] => [404, {}],
    /** Where the services are. */
    address: { services: addressesOf().services },
  };
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request;
    const text = (await request.toArray()).join('');
    fake.asked.push({ method, url, token: headers.authorization, body: text ? JSON.parse(text) : {} });
    const [status, body] = fake.answer(url, fake.asked.length);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const named = groupsOf(addressesOf()).map(({ name }) => [name, `${base}/${name}`]);
    fake.address = { services: { ...addressesOf().services, ...Object.fromEntries(named) } };
  });
  beforeEach(() => {
    fake.asked = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return fake;
}

export const letter: Letter = {
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

/** What a service answers that refuses. */
export const problem = (status: number, detail: string): [number, unknown] => [status, { detail }];
