import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Addresses, addressesOf } from '../addresses.ts';
import { plain } from '../text/format.ts';
import { order } from './order.ts';

/** The shop's HTTP side, answering what a test tells it to. */
let server: Server;
let addresses: Addresses;
let placed: {
  headers: Record<string, unknown>;
  body: { cafeId: string; items: unknown[]; customer: unknown };
}[] = [];
let answerOrder: (response: ServerResponse) => void;
let streams: ((response: ServerResponse) => void)[] = [];

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

beforeAll(async () => {
  server = createServer(async (request, response) => {
    if (request.url === '/menu') return json(response, 200, { items: [{ sku: 'latte', category: 'drink' }] });
    if (request.url === '/cafes') return json(response, 200, { cafes: [{ id: 'cafe-001' }] });
    if (request.method === 'POST') {
      placed.push({ headers: request.headers, body: JSON.parse((await request.toArray()).join('')) });
      return answerOrder(response);
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return streams.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  addresses = { ...addressesOf(), services: { ...addressesOf().services, order: url, catalog: url } };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  placed = [];
  streams = [];
  answerOrder = (response) => json(response, 201, { orderId: 'order-1' });
});

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const view = (status: string, times: Record<string, number>, more: object = {}) => ({
  orderId: 'order-1',
  cafeId: 'cafe-001',
  status,
  times: Object.fromEntries(Object.entries(times).map(([state, ms]) => [state, at(ms)])),
  items: [{ name: 'Latte', quantity: 1 }],
  total: { amount: 420, currency: 'EUR' },
  ...more,
});
const tell = (response: ServerResponse, ...views: object[]) => {
  for (const one of views) response.write(`event: order\ndata: ${JSON.stringify(one)}\n\n`);
};

async function run(options: Parameters<typeof order>[0] = {}, signal = new AbortController().signal) {
  const lines: string[] = [];
  const notes: string[] = [];
  const io = {
    out: async (line: string) => void lines.push(line),
    note: (line: string) => void notes.push(line),
    paint: plain,
    columns: () => 0,
  };
  const delivered = await order(options, addresses, io, signal);
  return { delivered, lines, notes };
}

const journey = [
  view('placed', { placed: 0 }),
  view('delivered', { placed: 0, paid: 500, delivered: 9_000 }),
];

describe('order', () => {
  it('is placed for whoever is named', async () => {
    streams = [(response) => tell(response, view('delivered', { placed: 0, delivered: 9_000 }))];
    await run({ name: 'Ada Lovelace', address: '12 Bean Lane' });
    expect(placed[0]?.body.customer).toEqual({ name: 'Ada Lovelace', address: '12 Bean Lane' });
  });

  it('follows an order to its end', async () => {
    streams = [(response) => tell(response, ...journey)];
    const { delivered, lines } = await run();
    expect(delivered).toBe(true);
    expect(lines).toEqual([
      'Order order-1 at cafe-001: Latte, 4.20 EUR',
      '· placed',
      '· paid              0.5 s',
      '✔ delivered         8.5 s',
      '  in all            9.0 s',
    ]);
  });

  it('orders what it is told to, with a key of its own', async () => {
    streams = [(response) => tell(response, ...journey)];
    await run({ cafe: 'cafe-042', item: [{ sku: 'mocha', quantity: 3 }] });
    expect(placed[0]?.body).toMatchObject({ cafeId: 'cafe-042', items: [{ sku: 'mocha', quantity: 3 }] });
    expect(placed[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('opens a stream that breaks again, and shows no step twice', async () => {
    streams = [
      (response) => {
        tell(response, view('placed', { placed: 0 }));
        setImmediate(() => response.destroy());
      },
      (response) => tell(response, ...journey),
    ];
    const { delivered, lines, notes } = await run();
    expect(delivered).toBe(true);
    expect(lines.filter((line) => line.includes('placed'))).toHaveLength(1);
    expect(notes).toHaveLength(1);
  });

  it('is not delivered when it was cancelled', async () => {
    const cancelled = view('cancelled', { placed: 0, cancelled: 700 }, { reason: 'out_of_stock' });
    streams = [(response) => tell(response, cancelled)];
    const { delivered, lines } = await run();
    expect(delivered).toBe(false);
    expect(lines.at(-1)).toBe('✗ cancelled         0.7 s  out of stock');
  });

  it('gives the order after each change as JSON', async () => {
    streams = [(response) => tell(response, ...journey)];
    const { lines } = await run({ json: true });
    expect(lines.map((line) => JSON.parse(line))).toEqual(journey);
  });

  it('says which order it was when nobody follows it to its end', async () => {
    const interrupted = new AbortController();
    streams = [() => interrupted.abort()];
    const { delivered, lines, notes } = await run({}, interrupted.signal);
    expect({ delivered, lines }).toEqual({ delivered: false, lines: [] });
    expect(notes).toEqual([
      'Order order-1 was placed, and goes on. Follow it with: npx brew watch --order order-1 --from beginning',
    ]);
  });

  it('says in the words of the service why it was not placed', async () => {
    answerOrder = (response) =>
      json(response, 422, {
        detail: 'The order can not be placed as it is.',
        errors: [{ field: 'items.0.sku', message: 'mocha is not on the menu' }],
      });
    await expect(run()).rejects.toThrow(
      'The order can not be placed as it is. items.0.sku: mocha is not on the menu.',
    );
  });

  it('says where nobody answers', async () => {
    const nobody = { ...addresses, services: { ...addresses.services, catalog: 'http://127.0.0.1:1' } };
    const io = { out: async () => {}, note: () => {}, paint: plain, columns: () => 0 };
    await expect(order({}, nobody, io, new AbortController().signal)).rejects.toThrow(
      'http://127.0.0.1:1 does not answer. See what runs with: npx brew status',
    );
  });
});
