import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type EventType,
  eventTypeOf,
  KitchenStarted,
  OrderPlaced,
  orderTopics,
  PaymentReceived,
  type Topic,
  toHeaders,
} from '@brew/events';
import {
  createAdmin,
  createCodec,
  createKafkaClient,
  createProducer,
  type OutgoingRecord,
  partitionOf,
} from '@brew/kafka';
import {
  abortTransaction,
  createTopics,
  createUncheckedEncode,
  deleteRecords as emptyTopic,
  openTransaction,
  writeBatch,
} from '@brew/kafka/testing';
import { runKafkaTool } from '@brew/sandbox';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { plain } from '../text/format.ts';
import type { Moment } from './follow.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startReading } from './reading.ts';
import type { Report } from './report.ts';
import { plantedBreaches } from './testing/plantedBreaches.ts';
import { type AnyEvent, type Flow, flows, soundOrder } from './testing/soundOrder.ts';
import { type VerifyOptions, verify } from './verify.ts';

const { brokers, registryUrl } = infrastructure();
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'brew-cli-test', log });
const codec = createCodec({ registryUrl, log });
const producer = createProducer({ client, log });
const types = orderTopics.flatMap(({ name, events }) =>
  events.map((event) => eventTypeOf(`${name}.${event}`) as EventType),
);

beforeAll(async () => {
  await codec.register(types);
  await codec.prepare(types);
  await producer.start();
});
afterAll(() => producer.stop());

/** Topics of orders under names that nobody else uses, and what is written to and verified in them. */
async function ownTopics() {
  const topics = new Map(orderTopics.map((topic) => [uniqueName(topic.name), topic]));
  const nameOf = (topic: Topic) => [...topics].find(([, { name }]) => name === topic.name)?.[0] ?? '';
  const declarations = [...topics].map(([name, topic]) => ({ ...topic, name, config: {} }));
  await createTopics(declarations);

  const recordOf = ({ type, data, ...context }: AnyEvent): OutgoingRecord => ({
    topic: nameOf(type.topic),
    key: context.correlationId,
    value: codec.encode(type, data),
    headers: toHeaders({ ...context, type: type.type }),
  });
  return {
    topics,
    nameOf,
    recordOf,
    send: (...records: OutgoingRecord[]) => producer.send(records),
    write: (events: readonly AnyEvent[]) => producer.send(events.map(recordOf)),
    /** Whether the command says that all is well, and what it prints. */
    async verify(
      options: Partial<VerifyOptions>,
      lines: string[] = [],
      signal = neverAborted,
      { registry = registryUrl, patienceMs }: { registry?: string; patienceMs?: number } = {},
    ) {
      const io = {
        out: async (line: string) => void lines.push(line),
        note: () => {},
        paint: plain,
        columns: () => 0,
      };
      const all = { youngerThan: 0, ...options };
      const where = { brokers, registryUrl: registry };
      return { sound: await verify(all, where, io, signal, topics, patienceMs), lines };
    },
  };
}

/** Two orders of different partitions. */
function partitionsApart(): [AnyEvent[], AnyEvent[]] {
  const one = soundOrder('delivered', anHourAgo());
  const partition = (events: AnyEvent[]) => partitionOf(events[0]?.correlationId ?? '', 6);
  for (;;) {
    const other = soundOrder('delivered', anHourAgo());
    if (partition(other) !== partition(one)) return [one, other];
  }
}

/** Deletes what is before an offset of the partition that has records, as retention would. */
async function deleteRecords(topic: string, offset: number): Promise<void> {
  await using admin = createAdmin({ client, log });
  const partition = (await admin.topicOffsets(topic)).find(({ latest }) => latest > 0)?.partition;
  const file = join(await mkdtemp(join(tmpdir(), 'brew-test-')), 'offsets.json');
  await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic, partition, offset }] }));
  const servers = ['--bootstrap-server', brokers.join()];
  const tool = 'org.apache.kafka.tools.DeleteRecordsCommand';
  await runKafkaTool(tool, [...servers, '--offset-json-file', file]);
  await rm(dirname(file), { recursive: true });
}

const neverAborted = new AbortController().signal;
const anHourAgo = () => Date.now() - 3_600_000;

describe('verify', () => {
  it('finds no breach where there is none: orders of all kinds, each event sent twice', async () => {
    const topics = await ownTopics();
    const events = (Object.keys(flows) as Flow[]).flatMap((flow) => soundOrder(flow, anHourAgo()));
    await topics.write([...events, ...events]);

    const { sound, lines } = await topics.verify({ json: true });

    const report = JSON.parse(lines.join('\n')) as Report;
    expect(report.counts).toMatchObject({ orders: 9, delivered: 3, cancelled: 6, open: 0 });
    expect(report.counts.events).toBe(events.length);
    // The producer may have had to repeat itself: it sends at least once.
    expect(report.counts.repeats).toBeGreaterThanOrEqual(events.length);
    expect(report.breaches).toEqual([]);
    expect(sound).toBe(true);
  });

  describe('finds in the topics', () => {
    const planted = plantedBreaches(anHourAgo());
    let report: Report;
    let text: string;

    beforeAll(async () => {
      const topics = await ownTopics();
      await topics.write(planted.flatMap(({ events }) => events));
      const json = await topics.verify({ json: true });
      const { lines, sound } = await topics.verify({});
      expect([json.sound, sound]).toEqual([false, false]);
      report = JSON.parse(json.lines.join('\n'));
      text = lines.join('\n');
    });

    it.each(planted)(
      '$what ($invariant), with the events of its order',
      ({ invariant, sentence, events }) => {
        const orderId = events[0]?.correlationId;
        const breach = report.breaches.find((one) => one.orderId === orderId && one.invariant === invariant);
        expect(breach?.sentences).toContain(sentence);
        expect(breach?.events.map(({ type }) => type).toSorted()).toEqual(
          events.map(({ type }) => type.name).toSorted(),
        );
      },
    );

    it('says in words which invariants are broken, and tells of the first of each, with their events', () => {
      for (const name of ['one-end', 'cause-before-effect', 'one-effect-of-a-kind', 'money', 'stock']) {
        expect(text).toMatch(new RegExp(`^✖ ${name} .*: not for \\d+$`, 'm'));
      }
      expect(text).toMatch(/^✔ readable /m);
      const told = (name: string) => new Set(text.match(new RegExp(`^✖ ${name}: order \\S+`, 'gm'))).size;
      expect(['one-end', 'cause-before-effect', 'money', 'stock'].map(told)).toEqual([4, 5, 5, 5]);
      expect(text).toMatch(
        /\d\d:\d\d:\d\d\.\d{3} {2}OrderPlaced +brew\.orders\.v1-\w+, partition \d, offset \d+$/m,
      );
      expect(text).toMatch(/^… and .*\d+ more of cause-before-effect.*\.$/m);
    });
  });

  it('finds records that are no events, on the wrong topic, or under the key of another order', async () => {
    const topics = await ownTopics();
    const [placed, reserved] = soundOrder('delivered', anHourAgo()) as [AnyEvent, AnyEvent];
    const orders = topics.nameOf(placed.type.topic);
    await topics.send(
      { topic: orders, key: 'poison', value: Buffer.from('not avro'), headers: {} },
      { ...topics.recordOf(placed), key: 'another' },
      { ...topics.recordOf(reserved), topic: orders },
    );
    const { lines, sound } = await topics.verify({});
    expect(sound).toBe(false);
    expect(lines.join('\n')).toMatch(/✖ readable: brew\.orders.*key poison: The record can't be decoded/);
    expect(lines.join('\n')).toMatch(/✖ readable: .*OrderPlaced of order .* has the key another/);
    expect(lines.join('\n')).toMatch(/✖ readable: .*StockReserved does not belong on brew\.orders/);
  });

  it('ends with a report, whatever values others have written', async () => {
    const topics = await ownTopics();
    const encode = await createUncheckedEncode(registryUrl, types);
    const orders = topics.nameOf(OrderPlaced.topic);
    const [placed] = soundOrder('delivered', anHourAgo()) as [AnyEvent];
    const written = (data: object, more: Partial<AnyEvent> = {}): OutgoingRecord => ({
      ...topics.recordOf({ ...placed, ...more }),
      value: encode(placed.type, { ...placed.data, ...data }),
    });
    const total = (amount: number, currency: string) => ({ total: { amount, currency } });
    await topics.send(
      written(total(840, 'no money')),
      written(total(2 ** 52, 'EUR')),
      written({ placedAt: 8_640_000_000_000_000 }),
      written({}, { time: new Date('9999-12-31T23:59:59Z') }),
    );
    const nowhen = { key: Buffer.from('poison'), value: Buffer.from('?'), headers: [], timestamp: -1n };
    await writeBatch(orders, 0, { records: [nowhen] });
    const { lines, sound } = await topics.verify({ json: true });
    const { breaches, invariants } = JSON.parse(lines.join('\n')) as Report;
    expect(sound).toBe(false);
    const told = breaches.flatMap(({ sentences }) => sentences).join('\n');
    expect(told).toMatch(/no money", not an ISO 4217 code/);
    expect(told).toMatch(/has OrderPlaced from the future: \d+ days/);
    expect(invariants.find(({ name }) => name === 'readable')?.breaches).toBeGreaterThanOrEqual(3);
    expect((await topics.verify({})).lines.join('\n')).toMatch(/^✖ readable .*: not for \d$/m);
  });

  it('lists all breaches as JSON, however many there are, and the first of each kind in words', async () => {
    const topics = await ownTopics();
    const at = anHourAgo();
    const some = Array.from({ length: 1_100 }, () => soundOrder('delivered', at)[0] as AnyEvent);
    await topics.write(some);
    await topics.write(soundOrder('delivered', at).filter(({ type }) => type.name !== 'PaymentReceived'));
    const { lines } = await topics.verify({ json: true });
    const { breaches } = JSON.parse(lines.join('\n')) as Report;
    expect(breaches.filter(({ invariant }) => invariant === 'one-end')).toHaveLength(1_100);
    const text = (await topics.verify({})).lines.join('\n');
    expect(text).toMatch(/✖ money: order \S+ was delivered and never paid/);
    expect(text).toMatch(/^… and 1,095 more of one-end\.$/m);
  });

  it.each([1, 2])(
    'misses nothing of orders when retention has taken the first %i of two records of a partition',
    async (offset) => {
      const topics = await ownTopics();
      const events = soundOrder('not paid', anHourAgo());
      await topics.write(events);
      await deleteRecords(topics.nameOf(OrderPlaced.topic), offset);

      const { sound, lines } = await topics.verify({ json: true });

      expect((JSON.parse(lines.join('\n')) as Report).counts).toMatchObject({ orders: 1, curtailed: 1 });
      expect(sound).toBe(true);
    },
  );

  it('tells a paid order that hangs although the kitchen’s topic was emptied, and what could not be checked', async () => {
    const topics = await ownTopics();
    const [sound, hanging] = [soundOrder('delivered', anHourAgo()), soundOrder('delivered', anHourAgo())];
    await topics.write([...sound, ...hanging.slice(0, 5)]);
    await emptyTopic(topics.nameOf(KitchenStarted.topic));

    const { sound: isSound, lines } = await topics.verify({});

    const text = lines.join('\n');
    expect(isSound).toBe(false);
    expect(text).toMatch(/^✖ one-end .*: not for 1$/m);
    expect(text).toMatch(/^✖ money .*: not for 1$/m);
    expect(text).toMatch(/^✔ cause-before-effect .* \(1 of 2 not checked wholly\)$/m);
    expect(text).toMatch(/^1 order is older than what all topics still hold: /m);
    expect(text).toContain(
      `✖ money: order ${hanging[0]?.correlationId} was paid, and neither delivered nor given back`,
    );
  });

  it('takes each record once, although a batch in which something was away is handed on again', async () => {
    const topics = await ownTopics();
    await topics.write(soundOrder('not paid', anHourAgo()));
    const ledger = createLedger();
    let failures = 0;
    const take: Ledger['take'] = (orderId, event) => {
      if (event.name === 'OrderCancelled' && failures++ === 0) throw new Error('away');
      ledger.take(orderId, event);
    };
    await using reading = await startReading({ ...ledger, take }, topics.topics, { brokers, registryUrl });
    await reading.readOn(neverAborted);
    expect(failures).toBeGreaterThan(1);
    expect(reading.read).toBe(reading.total);
    expect(ledger.counts()).toMatchObject({ cancelled: 1, repeats: reading.total - 4 });
  });

  it('ends while a transaction is open: tells what it keeps back, and misses nothing that may be there', async () => {
    const topics = await ownTopics();
    const [one, other] = partitionsApart();
    await topics.write(one.slice(0, 2));
    await topics.write(other.slice(0, 2));
    const payments = topics.nameOf(PaymentReceived.topic);
    const transaction = await openTransaction(payments, [partitionOf(one[0]?.correlationId ?? '', 6)]);
    await topics.write(one.slice(2));

    const { sound, lines } = await topics.verify({}, [], neverAborted, { patienceMs: 12_000 });

    const text = lines.join('\n');
    expect(sound).toBe(false);
    expect(text).toMatch(
      /^✖ readable: brew\.payments\S+, partition \d, offsets 0 to 1: could not be read, and nothing came for 12 s\. A transaction has been open on/m,
    );
    expect(text).toMatch(/^✖ one-end .*: not for 1$/m);
    expect(text).toContain(`order ${other[0]?.correlationId} was placed and never ended`);
    expect(text).toMatch(
      /^✔ cause-before-effect .*: not for|^✔ cause-before-effect .*\(1 of 2 not checked wholly\)$/m,
    );
    await transaction.abort();
    const after = await topics.verify({});
    expect(after.lines.join('\n')).toMatch(/^✔ readable /m);
  });

  it('ends without the registry: tells what it could not read, and misses nothing', async () => {
    const topics = await ownTopics();
    await topics.write(soundOrder('delivered', anHourAgo()).slice(0, 3));
    const away = { registry: 'http://127.0.0.1:1', patienceMs: 1_000 };
    const { sound, lines } = await topics.verify({ json: true }, [], neverAborted, away);
    expect(sound).toBe(false);
    const { breaches } = JSON.parse(lines.join('\n')) as Report;
    expect(new Set(breaches.map(({ invariant }) => invariant))).toEqual(new Set(['readable']));
    expect(breaches).toHaveLength(3);
    expect(breaches[0]?.sentences[0]).toMatch(
      /offsets 0 to \d: could not be read, .* The schema registry at http:\/\/127\.0\.0\.1:1 could not be used: .*and verify again\.$/,
    );
  });

  it('follows: past what was aborted at the end of a partition', async () => {
    const topics = await ownTopics();
    await topics.write(soundOrder('delivered', anHourAgo()).slice(0, 3));
    for (const topic of topics.topics.keys()) await abortTransaction(topic);
    const stop = new AbortController();
    const lines: string[] = [];
    const following = topics.verify({ follow: true, json: true }, lines, stop.signal);
    const isJudged = ({ lag, found }: Moment) => lag === 0 && found.length > 0;
    await until(() => lines.map((line) => JSON.parse(line) as Moment).some(({ lag }) => lag === 0), {
      what: 'a lag of nothing',
    });
    await until(() => lines.map((line) => JSON.parse(line) as Moment).some(isJudged), {
      what: 'the order that hangs',
    });
    stop.abort();
    expect((await following).sound).toBe(false);
  });

  it('follows: a line a second, and a breach as it comes', async () => {
    const topics = await ownTopics();
    await topics.write(soundOrder('delivered', anHourAgo()));
    const stop = new AbortController();
    const lines: string[] = [];
    const moments = () => lines.map((line) => JSON.parse(line) as Moment);
    const following = topics.verify({ follow: true, json: true }, lines, stop.signal);
    await until(() => moments().some(({ delivered, lag }) => delivered === 1 && lag === 0), {
      what: 'a line that says that the order is delivered',
    });
    expect(moments().at(-1)?.breaches).toBe(0);

    const [late] = soundOrder('delivered', anHourAgo());
    await topics.write([late as AnyEvent]);
    const moment = await until(() => moments().find(({ found }) => found.length > 0), { what: 'the breach' });
    expect(moment).toMatchObject({
      orders: 2,
      open: 1,
      breaches: 1,
      found: [{ invariant: 'one-end', orderId: late?.correlationId, events: [{ type: 'OrderPlaced' }] }],
    });
    stop.abort();
    expect((await following).sound).toBe(false);
    expect(moments().flatMap(({ found }) => found)).toHaveLength(1);
  });
});
