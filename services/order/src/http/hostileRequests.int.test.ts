import { once } from 'node:events';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { OrderPlaced } from '@brew/events';
import { uniqueName } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startWorld, type World } from '../testing/startWorld.ts';

let world: World;
let before: Stored;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());
beforeEach(async () => {
  before = await stored();
});

type Stored = Record<'orders' | 'keys' | 'emitted', number>;

/** What the service keeps. The outbox is emptied by the relay, its sequence still tells how much went through it. */
async function stored(): Promise<Stored> {
  const { rows } = await world.db.query<Stored>(
    `select (select count(*)::int from orders) as orders,
            (select count(*)::int from idempotency_keys) as keys,
            (select coalesce(pg_sequence_last_value('outbox_id_seq'), 0)::int) as emitted`,
  );
  return rows[0] as Stored;
}

/** Sends bytes and headers just as they are given: fetch would join, mend or refuse some of them. */
async function send(body: string | Buffer, headers: OutgoingHttpHeaders = {}) {
  const call = httpRequest(new URL('/orders', world.app.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  call.end(body);
  const [response] = await once(call, 'response');
  return {
    status: Number(response.statusCode),
    contentType: response.headers['content-type'],
    body: JSON.parse(await text(response)),
  };
}

/** The order of the world, changed, as the bytes of a body. */
const json = (changes: object = {}) => JSON.stringify({ ...world.order, ...changes });
const withItem = (item: object) => json({ items: [{ sku: world.sku, quantity: 1, ...item }] });
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
/** What JSON.stringify would not print: a number or a key as it stands. */
const withQuantity = (literal: string) => withItem({ quantity: '?' }).replace('"?"', literal);
const withMember = (literal: string) => `{${literal},${json().slice(1)}`;

describe('POST /orders refuses, names the field and stores nothing:', () => {
  afterEach(async () => expect(await stored()).toEqual(before));

  test.each<[string, () => string | Buffer, number, string]>([
    ['a cafe that there is not', () => json({ cafeId: 'cafe-999' }), 422, 'body cafeId'],
    ['a sku that is not on the menu', () => withItem({ sku: 'unicorn' }), 422, 'body items.0.sku'],
    ['a sku that every object has', () => withItem({ sku: 'constructor' }), 422, 'body items.0.sku'],
    ['a quantity of 0', () => withItem({ quantity: 0 }), 400, 'body items.0.quantity'],
    ['a quantity of 1,000', () => withItem({ quantity: 1_000 }), 400, 'body items.0.quantity'],
    ['a negative quantity', () => withItem({ quantity: -1 }), 400, 'body items.0.quantity'],
    ['half a thing', () => withItem({ quantity: 0.5 }), 400, 'body items.0.quantity'],
    ['a number as a string', () => withItem({ quantity: '1' }), 400, 'body items.0.quantity'],
    ['a number beyond all numbers', () => withQuantity('1e400'), 400, 'body items.0.quantity'],
    ['a number beyond precision', () => withQuantity('9007199254740993'), 400, 'body items.0.quantity'],
    ['no items', () => json({ items: [] }), 400, 'body items'],
    ['items that are none', () => json({ items: 'latte' }), 400, 'body items'],
    [
      'a thousand items',
      () => json({ items: Array(1_000).fill({ sku: world.sku, quantity: 1 }) }),
      400,
      'body items',
    ],
    ['an unknown field', () => json({ tip: 1 }), 400, 'body tip'],
    ['an unknown field of an item', () => withItem({ price: 1 }), 400, 'body items.0.price'],
    ['__proto__', () => withMember('"__proto__":{"cafeId":"cafe-001"}'), 400, 'body __proto__'],
    ['constructor', () => withMember('"constructor":{"prototype":{}}'), 400, 'body constructor'],
    ['null', () => 'null', 400, 'body '],
    ['a list', () => `[${json()}]`, 400, 'body '],
    [
      'a name that is blank',
      () => json({ customer: { name: ' ', address: 'x' } }),
      400,
      'body customer.name',
    ],
    [
      'a name of 200 letters',
      () => json({ customer: { name: 'x'.repeat(200), address: 'x' } }),
      400,
      'body customer.name',
    ],
    [
      'NUL, which PostgreSQL can not store',
      () => json({ customer: { name: 'A\u0000a', address: 'x' } }),
      400,
      'body customer.name',
    ],
    [
      'half a character',
      () => json({ customer: { name: 'Ada', address: 'x\ud83d' } }),
      400,
      'body customer.address',
    ],
    ['NUL in a sku', () => withItem({ sku: 'lat\u0000te' }), 400, 'body items.0.sku'],
    ['deep nesting', () => withMember(`"deep":${nested(10_000)}`), 400, 'body deep'],
    ['deep nesting where items belong', () => `{"items":${nested(30_000)}}`, 400, 'body items.0'],
    ['broken JSON', () => json().slice(0, -1), 400, 'body '],
    ['two bodies', () => json() + json(), 400, 'body '],
    ['nothing', () => '', 400, 'body '],
    ['a byte order mark', () => `\uFEFF${json()}`, 400, 'body '],
    ['what is no UTF-8', () => Buffer.from(json({ cafeId: 'café' }), 'latin1'), 400, 'body '],
    ['1 MB', () => json({ customer: { name: 'x'.repeat(1024 * 1024), address: 'x' } }), 413, 'body '],
  ])('%s', async (_title, body, status, field) => {
    const answer = await send(body());
    expect(answer.body.errors?.map((error: { in: string; field: string }) => `${error.in} ${error.field}`))
      // (whatever else is wrong with it is named, too)
      .toContain(field);
    expect(answer).toMatchObject({ status, contentType: 'application/problem+json; charset=utf-8' });
  });

  test.each<[string, OutgoingHttpHeaders, number, string]>([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'content-type'],
    ['plain text', { 'content-type': 'text/plain' }, 415, 'content-type'],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 415, 'content-type'],
    ['an encoding nobody knows', { 'content-encoding': 'zip' }, 415, 'content-encoding'],
    ['an empty Idempotency-Key', { 'idempotency-key': '' }, 400, 'idempotency-key'],
    ['a blank Idempotency-Key', { 'idempotency-key': '  ' }, 400, 'idempotency-key'],
    ['a long Idempotency-Key', { 'idempotency-key': 'k'.repeat(256) }, 400, 'idempotency-key'],
    ['two Idempotency-Keys', { 'idempotency-key': ['one', 'two'] }, 400, 'idempotency-key'],
  ])('%s', async (_title, headers, status, field) => {
    const answer = await send(json(), headers);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ in: 'headers', field }));
    expect(answer).toMatchObject({ status, contentType: 'application/problem+json; charset=utf-8' });
  });
});

describe('POST /orders', () => {
  const order = fc.record(
    {
      cafeId: fc.oneof(fc.constant('cafe-001'), fc.string({ unit: 'binary' })),
      items: fc.array(
        fc.record({ sku: fc.string({ unit: 'binary' }), quantity: fc.oneof(fc.integer(), fc.double()) }),
      ),
      customer: fc.record({ name: fc.string({ unit: 'binary' }), address: fc.string() }),
    },
    { requiredKeys: [] },
  );
  const bodies = fc.oneof(
    fc.json({ stringUnit: 'binary' }),
    fc.string(),
    order.map((value) => JSON.stringify(value)),
    // The one way in which these could be stored: everything right but the texts.
    fc
      .tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }))
      .map(([name, address]) => json({ customer: { name, address } })),
  );

  test('answers 201 or 4xx, and keeps exactly what it answered 201 to, whatever the body is', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(bodies, fc.option(fc.uuid(), { nil: undefined }), async (body, key) => {
        const { status, contentType } = await send(body, key === undefined ? {} : { 'idempotency-key': key });
        if (status === 201) accepted += 1;
        else {
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
          expect(contentType).toBe('application/problem+json; charset=utf-8');
        }
      }),
      { numRuns: 400, seed: 20, endOnFailure: true },
    );
    expect(accepted).toBeGreaterThan(50);
    const after = await stored();
    expect(after.orders - before.orders).toBe(accepted);
    expect(after.emitted - before.emitted).toBe(accepted);
  });

  test('takes all the text there is, and gives it back as it came', async () => {
    const customer = { name: "Zoë'; drop table orders; -- ☕🏳️‍🌈", address: 'line 1\nline 2\t"\\u0000"' };
    const { status, body } = await send(json({ customer }));
    expect(status).toBe(201);
    expect((await world.get(body.orderId)).customer).toEqual(customer);
    expect((await world.untilEvent(OrderPlaced, body.orderId)).data.customer).toEqual(customer);
  });

  test('adds up what is on two lines of an order', async () => {
    const line = { sku: world.sku, quantity: 2 };
    const { body } = await send(json({ items: [line, line] }));
    expect(body.total).toEqual({ amount: 4 * 420, currency: 'EUR' });
  });

  test('with one key and two bodies at once places one order, and refuses the other body', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const two = withItem({ quantity: 2 });
    const answers = await Promise.all(
      [1, 2, 3, 4].flatMap(() => [send(json(), headers), send(two, headers)]),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 201, 201, 201, 422, 422, 422, 422]);
    const after = await stored();
    expect(after).toEqual({ orders: before.orders + 1, keys: before.keys + 1, emitted: before.emitted + 1 });
  });
});
