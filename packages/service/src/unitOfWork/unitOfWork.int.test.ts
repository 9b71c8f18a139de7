import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type EventType,
  KitchenStarted,
  MenuItemChanged,
  OrderCancelled,
  PaymentReceived,
  topics,
} from '@brew/events';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServiceConfig } from '../config/readConfig.ts';
import { createTestBench, type TestBench } from '../testing/createTestBench.ts';
import { eventRecord } from '../testing/eventRecord.ts';
import { orderNamed } from '../testing/orderNamed.ts';
import { type Handler, handle, handleTogether } from './handle.ts';
import { createChunkProcessor } from './processChunk.ts';
import { createUnitOfWork, type Work } from './unitOfWork.ts';

const [O1, O2, O3, O4] = ['o-1', 'o-2', 'o-3', 'o-4'].map(orderNamed) as [string, string, string, string];

const at = new Date('2026-01-02T03:04:05.678Z');
const payment = { orderId: O1, paymentId: 'p-1', amount: { amount: 350, currency: 'EUR' }, receivedAt: 1 };
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let folder: string;
let bench: TestBench<ServiceConfig>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-work-'));
  await writeFile(
    join(folder, '001_paid.sql'),
    'create table paid (order_id text primary key, event_id text)',
  );
  bench = await createTestBench({
    name: 'kitchen',
    migrations: pathToFileURL(`${folder}/`),
    events: [PaymentReceived, KitchenStarted, OrderCancelled, MenuItemChanged],
    infrastructure: infrastructure(),
    now: () => at,
  });
});
beforeEach(async () => {
  await bench.context.db.query('truncate paid, outbox, inbox');
});
afterAll(async () => {
  await bench.stop();
  await rm(folder, { recursive: true });
});

const started = { orderId: O1, cafeId: 'c-1', slot: 1, startedAt: 1, expectedReadyAt: 2 };
const { topic } = KitchenStarted;
const tight = {
  ...KitchenStarted,
  topic: { ...topic, config: { ...topic.config, 'max.message.bytes': '300' } },
};
const onPaymentReceived = handle(PaymentReceived, async (event, { tx, emit }) => {
  await tx.query('insert into paid values ($1, $2)', [event.data.orderId, event.id]);
  emit(KitchenStarted, { ...started, orderId: event.data.orderId });
});

function processor(handlers: Handler[]) {
  const { name, db, codec, metrics, log, now } = bench.context;
  const unitOfWork = createUnitOfWork({ name, db, codec, log, now });
  return createChunkProcessor({ group: name, handlers, unitOfWork, codec, metrics, log });
}
function recordOf(type: EventType<never>, data: object) {
  const record = eventRecord(bench.context.codec, type as EventType, data, { time: at });
  return { ...record, partition: 0, offset: 0n, timestamp: at };
}
const paid = async () => (await bench.context.db.query('select order_id from paid order by 1')).rows;

describe('an emitted event', () => {
  it('says who emitted it, when, about what and because of what', async () => {
    const id = await bench.deliver([onPaymentReceived], PaymentReceived, payment, { traceparent });
    const [event] = await bench.emitted();
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: KitchenStarted,
      source: '/brew/kitchen',
      time: at,
      correlationId: O1,
      causationId: id,
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/),
      data: started,
    });
    expect(event?.traceparent).not.toBe(traceparent);
  });

  it('may follow from something else than the work that emits it', async () => {
    await bench.context.transact({ traceparent }, async ({ emit }) => {
      emit(KitchenStarted, started, { causationId: 'another' });
    });
    const [event] = await bench.emitted();
    expect(event?.causationId).toBe('another');
    expect(event?.traceparent).not.toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('is checked where it is emitted, and undoes the work when it is not what its schema says', async () => {
    const attempt = bench.context.transact({}, async ({ tx, emit }) => {
      await tx.query(`insert into paid values ('${O1}', 'x')`);
      emit(KitchenStarted, { ...started, slot: 'one' as never });
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'BREW_EVENT_INVALID',
      message: expect.stringContaining('slot'),
    });
    expect(await paid()).toEqual([]);
    expect(await bench.emitted()).toEqual([]);
  });

  it('is refused when it is larger than its topic takes: it would stop the relay for ever', async () => {
    const item = {
      sku: 's',
      category: 'drink' as const,
      price: payment.amount,
      preparationSeconds: 1,
      changedAt: 1,
    };
    const attempt = bench.context.transact({}, async ({ emit }) => {
      emit(MenuItemChanged, { ...item, name: 'x'.repeat(1_000_000) });
    });
    await expect(attempt).rejects.toMatchObject({ code: 'BREW_EVENT_INVALID' });
  });

  it.each([
    [
      'headers',
      (work: Work) => void work.emit(KitchenStarted, started, { causationId: 'c'.repeat(1_048_500) }),
    ],
    ['key', (work: Work) => work.emitTombstone(topics.menu, 'k'.repeat(1_048_500))],
    ['topic', (work: Work) => void work.emit(tight, started)],
  ])('is refused when it is its %s that makes it larger than its topic takes', async (_title, emit) => {
    const attempt = bench.context.transact({ traceparent }, async (work) => emit(work));
    await expect(attempt).rejects.toThrow(/it has \d+ bytes, and brew\.[a-z]+\.v1 takes \d+/);
    expect((await bench.context.db.query('select from outbox')).rowCount).toBe(0);
  });
});

describe('what was emitted', () => {
  it('wakes the relay after the commit, and only when there is anything to send', async () => {
    const { name, db, codec, log, now } = bench.context;
    const seen: number[] = [];
    const onEmitted = async () => seen.push((await bench.emitted()).length);
    const { transact } = createUnitOfWork({ name, db, codec, log, now, onEmitted });
    await transact({}, async () => undefined);
    await expect(
      transact({}, async ({ emit }) => {
        emit(KitchenStarted, started);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await transact({}, async ({ emit }) => void emit(KitchenStarted, started));
    await until(() => seen.length > 0);
    expect(seen).toEqual([1]);
  });

  it('may be the removal of a key, which belongs to the trace as well', async () => {
    await bench.context.transact({ traceparent }, async ({ emitTombstone }) => {
      emitTombstone(topics.menu, 'latte');
    });
    const { rows } = await bench.context.db.query('select topic, key, value, headers from outbox');
    const headers = { traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/) };
    expect(rows).toEqual([{ topic: 'brew.menu.v1', key: 'latte', value: null, headers }]);
  });
});

describe('handling an event', () => {
  it('leaves neither state nor events nor a claim behind when the handler fails', async () => {
    const failing = handle(PaymentReceived, async (event, work) => {
      await onPaymentReceived.handle([{ event, work }], work.tx);
      throw new Error('no');
    });
    const delivery = bench.deliver([failing], PaymentReceived, payment, {
      id: '0199c1a0-0000-7000-8000-000000000001',
    });
    await expect(delivery).rejects.toThrow('no');
    expect(await paid()).toEqual([]);
    expect(await bench.emitted()).toEqual([]);
    await bench.deliver([onPaymentReceived], PaymentReceived, payment, {
      id: '0199c1a0-0000-7000-8000-000000000001',
    });
    expect(await paid()).toHaveLength(1);
  });

  it('happens once, however often the event comes', async () => {
    let calls = 0;
    const counting = handle(PaymentReceived, async () => {
      calls += 1;
    });
    const id = await bench.deliver([counting], PaymentReceived, payment);
    await bench.deliver([counting], PaymentReceived, payment, { id });
    expect(calls).toBe(1);
  });

  it('happens once for an event whose id is in capitals, and not never', async () => {
    let calls = 0;
    const counting = handle(PaymentReceived, async () => {
      calls += 1;
    });
    const record = recordOf(PaymentReceived, payment);
    const id = String(record.headers.ce_id);
    const capital = { ...record, headers: { ...record.headers, ce_id: id.toUpperCase() } };
    await processor([counting]).process([capital]);
    await processor([counting]).process([record, capital]);
    expect(calls).toBe(1);
  });

  it('happens once, also when the event is twice in one chunk', async () => {
    await bench.deliver([onPaymentReceived], PaymentReceived, payment);
    const { rows } = await bench.context.db.query('select topic, key, value, headers from outbox');
    const record = { ...rows[0], partition: 0, offset: 0n, timestamp: at };
    let calls = 0;
    const counting = handle(KitchenStarted, async () => {
      calls += 1;
    });
    await processor([counting]).process([record, record]);
    expect(calls).toBe(1);
  });

  it('is done together for what follows on each other, in its order, by whoever handles it', async () => {
    const calls: string[][] = [];
    const noting = (types: EventType[]) =>
      handleTogether(types, async (deliveries) => {
        calls.push(deliveries.map(({ event }) => event.correlationId));
      });
    const handlers = [
      noting([PaymentReceived as EventType, KitchenStarted as EventType]),
      noting([OrderCancelled as EventType]),
    ];
    const cancelled = { reason: 'customer_request', cancelledAt: 1 };
    const records = [
      recordOf(PaymentReceived, { ...payment, orderId: O1 }),
      recordOf(KitchenStarted, { ...started, orderId: O2 }),
      recordOf(OrderCancelled, { ...cancelled, orderId: O3 }),
      recordOf(PaymentReceived, { ...payment, orderId: O4 }),
    ];
    await processor(handlers).process(records);
    expect(calls).toEqual([[O1, O2], [O3], [O4]]);
  });

  it('wakes who is to be woken after the commit, once for all of a chunk, and not if it failed', async () => {
    const seen: number[] = [];
    const wake = async () => seen.push((await paid()).length);
    const waking = handle(PaymentReceived, async ({ data }, work) => {
      work.onCommit(wake);
      await work.tx.query('insert into paid values ($1)', [data.orderId]);
    });
    const records = [O1, O2].map((orderId) => recordOf(PaymentReceived, { ...payment, orderId }));
    await processor([waking]).process(records);
    await until(() => seen.length > 0);
    expect(seen).toEqual([2]);

    const again = [O3, O3].map((orderId) => recordOf(PaymentReceived, { ...payment, orderId }));
    await expect(processor([waking]).process(again)).rejects.toThrow('duplicate key');
    expect(seen).toEqual([2]);
  });

  it('is counted by what became of it, once it is committed', async () => {
    const { events } = bench.context.metrics;
    const counted = async () => {
      const { values } = await events.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
    };
    events.reset();
    const record = recordOf(PaymentReceived, payment);
    await processor([onPaymentReceived]).process([record, record]);
    expect(await counted()).toEqual({ handled: 1, duplicate: 1 });
    const failing = processor([onPaymentReceived]).process([recordOf(PaymentReceived, payment)]);
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await counted()).toEqual({ handled: 1, duplicate: 1 });
  });

  it('logs with what tells where the event lies and to what it belongs', async () => {
    let bindings: unknown;
    const logging = handle(PaymentReceived, async (_event, { log }) => {
      bindings = log.bindings();
    });
    const record = recordOf(PaymentReceived, payment);
    const own = { ...record, headers: { ...record.headers, traceparent }, partition: 4, offset: 17n };
    await processor([logging]).process([own]);
    expect(bindings).toMatchObject({
      group: 'kitchen',
      eventId: record.headers.ce_id,
      eventType: 'PaymentReceived',
      correlationId: O1,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      topic: 'brew.payments.v1',
      partition: 4,
      offset: '17',
    });
  });

  it.each(['order-1', '0199c1a0-0000-7000-8000-000000000001-2', 'x0199c1a0-0000-7000-8000-000000000001'])(
    'never begins for an event whose id is %s, which no inbox could keep',
    async (id) => {
      const record = recordOf(PaymentReceived, payment);
      const odd = { ...record, headers: { ...record.headers, ce_id: id } };
      await expect(processor([onPaymentReceived]).process([odd])).rejects.toMatchObject({
        code: 'BREW_HEADERS_INVALID',
        message: expect.stringContaining(`"${id}"`),
      });
    },
  );

  it('is wanted for what has a handler and for what nobody can name, and for nothing else', () => {
    const { wants } = processor([onPaymentReceived]);
    const record = (headers: Record<string, string>, value: Buffer | null = Buffer.from('x')) => ({
      topic: 't',
      partition: 0,
      offset: 0n,
      key: 'k',
      value,
      headers,
      timestamp: at,
    });
    expect(wants(record({ ce_type: PaymentReceived.type }))).toBe(true);
    expect(wants(record({}))).toBe(true);
    expect(wants(record({ ce_type: OrderCancelled.type }))).toBe(false);
    expect(wants(record({}, null))).toBe(false);
  });

  it('can not be declared twice for one type', () => {
    const make = () => processor([onPaymentReceived, onPaymentReceived]);
    expect(make).toThrow('Two handlers for brew.payments.v1.PaymentReceived');
  });
});

describe('a command', () => {
  it('shares its transaction with those who call at the same time, each with its own cause', async () => {
    const { db } = bench.context;
    const pay = bench.context.together<string, string>(async (requests, tx) => {
      await tx.query('insert into paid select unnest($1::text[])', [requests.map(({ item }) => item)]);
      return requests.map(({ item, work }) => {
        if (item === O2) return new Error('not this one');
        work.emit(KitchenStarted, { ...started, orderId: item });
        return item;
      });
    });
    const other = traceparent.replace('0af7', '1af7');
    const answers = await Promise.allSettled([
      pay({ traceparent }, O1),
      pay({}, O2),
      pay({ traceparent: other }, O3),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const emitted = await bench.emitted();
    expect(emitted.map(({ traceparent: trace = '' }) => trace.slice(3, 35))).toEqual([
      traceparent.slice(3, 35),
      other.slice(3, 35),
    ]);
    const { rows } = await db.query('select count(distinct xmin::text)::int as transactions from paid');
    expect(rows).toEqual([{ transactions: 1 }]);
  });

  it.each([
    ['told to all at once', 'ECONNREFUSED', 1],
    ['done for each alone', 'P0001', 4],
  ])('that fails with all others is %s after %s', async (_, code, expected) => {
    let runs = 0;
    const pay = bench.context.together<string, string>(async () => {
      runs += 1;
      throw Object.assign(new Error(code), { code });
    });
    const answers = await Promise.allSettled(['o-1', 'o-2', 'o-3'].map((orderId) => pay({}, orderId)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(runs).toBe(expected);
  });
});
