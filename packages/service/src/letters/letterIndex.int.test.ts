import { deadLetterTopic } from '@brew/events';
import {
  createAdmin,
  createDeadLetterQueue,
  createKafkaClient,
  createProducer,
  type Letter,
  type RawHeader,
  type ReceivedRecord,
  toReceived,
} from '@brew/kafka';
import { createTopics, deleteRecords, openTransaction } from '@brew/kafka/testing';
import { createParkedKeys, letKeysGo, lockKeys, messagingMigrations, migrate } from '@brew/postgres';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createMetrics } from '../metrics.ts';
import { createServiceRig, type ServiceRig } from '../testing/serviceRig.ts';
import { createLetterIndex } from './letterIndex.ts';

let rig: ServiceRig;
let topic: string;
beforeAll(async () => {
  rig = await createServiceRig('select 1;');
  topic = deadLetterTopic(rig.name).name;
  await migrate({ url: rig.url, directories: [messagingMigrations], log: rig.log });
  await createTopics([{ ...deadLetterTopic(rig.name), partitions: 2 }]);
});
afterAll(() => rig.stop());
beforeEach(async () => {
  await rig.db.query('delete from letters');
  await rig.db.query('delete from parked_keys');
});

const clientOf = (brokers = infrastructure().brokers) =>
  createKafkaClient({ brokers, clientId: rig.name, log: rig.log });
const indexOf = (brokers?: string[], metrics = createMetrics()) => {
  const index = createLetterIndex({
    ...{ group: rig.name, db: rig.db, log: rig.log },
    ...{ client: clientOf(brokers), metrics },
  });
  return {
    ...index,
    get asOf() {
      return index.asOf;
    },
    [Symbol.asyncDispose]: () => index.stop(),
  };
};
const queue = () =>
  createDeadLetterQueue({
    producer: rig.producer,
    group: rig.name,
    parkedKeys: createParkedKeys(rig.db),
  });

let offset = 0n;
const recordOf = (
  key: Buffer | string | null,
  more: { value?: Buffer; headers?: RawHeader[]; timestamp?: bigint; offset?: bigint } = {},
) =>
  toReceived('brew.orders.v1', 1, {
    offset: more.offset ?? offset++,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value: more.value ?? Buffer.from('value'),
    headers: more.headers ?? [],
    timestamp: more.timestamp ?? 1n,
  });
const failed = (record: ReceivedRecord): Letter => ({
  record,
  failure: {
    ...{ reason: 'failed', error: new TypeError('no \0 way'), attempts: 5 },
    ...{ firstFailedAt: new Date(), lastFailedAt: new Date() },
  },
});
const behind = (record: ReceivedRecord): Letter => ({ record, failure: { reason: 'key_parked' } });
const letters = async () => (await rig.db.query('select * from letters order by id')).rows;
const parkedKeys = async () => (await rig.db.query('select * from parked_keys')).rowCount;

test('puts letters of every reason into the table once, with their records as they came', async () => {
  await using index = indexOf();
  const headers: RawHeader[] = [
    ['ce_type', Buffer.from('a\0b')],
    ['note', null],
    [Buffer.from([0xff, 0xfe]), Buffer.from([0, 1])],
    ['note', Buffer.from('twice')],
    ['dlq_group', Buffer.from('its own')],
  ];
  const timestamp = -(2n ** 63n);
  const odd = recordOf(Buffer.from([0, 0, 7]), { headers, timestamp, value: Buffer.alloc(900_000, 1) });
  await queue().park([failed(odd)]);
  await queue().park([behind(recordOf(Buffer.from([0, 0, 7])))]);
  const place = { topic: 'brew.orders.v1', partition: 1, firstOffset: 70n, lastOffset: 79n };
  await queue().tell({ ...place, why: 'unreadable', error: new Error('bad') });
  await queue().tell({ ...place, firstOffset: 90n, why: 'deleted', error: new Error('gone') });
  await rig.producer.send([
    { topic, key: 'x', value: Buffer.from('mine'), headers: { dlq_group: 'another', n: '1' } },
  ]);
  await index.catchUp();
  await index.catchUp();
  const rows = await letters();
  expect(rows.map(({ reason }) => reason).sort()).toEqual([
    'deleted',
    'failed',
    'foreign',
    'key_parked',
    'unreadable',
  ]);
  const row = rows.find(({ reason }) => reason === 'failed');
  expect(row).toMatchObject({
    ...{ topic: 'brew.orders.v1', partition: 1, record_offset: String(odd.offset), attempts: 5 },
    ...{ record_timestamp: String(timestamp), key: Buffer.from([0, 0, 7]), type: 'a\uFFFDb' },
    ...{ error_name: 'TypeError', error_message: 'no \uFFFD way', value_bytes: '900000' },
    header_names: headers.map(([name]) => Buffer.from(name as string)),
    header_values: headers.map(([, value]) => value),
  });
  expect(odd.value?.equals(row.value)).toBe(true);
  expect(rows.find(({ reason }) => reason === 'foreign')).toMatchObject({ topic: null, key_hash: null });
  expect(rows.find(({ reason }) => reason === 'deleted')).toMatchObject({ last_offset: '79' });
  expect(index.asOf).toBeInstanceOf(Date);
});

test('two who read at once store each letter once, and one that was sent twice is one', async () => {
  const records = Array.from({ length: 300 }, (_, i) => recordOf(`k${i}`));
  await queue().park(records.map(failed));
  await queue().park(records.slice(0, 50).map(failed));
  await using one = indexOf();
  await using other = indexOf();
  await Promise.all([one.catchUp(), other.catchUp(), one.catchUp(), other.catchUp()]);
  expect(await letters()).toHaveLength(300);
});

test('a letter that a stranger has written for a place does not keep the true one out', async () => {
  await using index = indexOf();
  const record = recordOf('forged', { value: Buffer.from('true!') });
  const forged = recordOf('forged', { value: Buffer.from('false'), offset: record.offset });
  await queue().park([failed(forged)]);
  await queue().park([failed(record)]);
  await index.catchUp();
  expect((await letters()).map(({ value }) => String(value))).toEqual(['false', 'true!']);
});

test('rows and positions are kept together, or not at all', async () => {
  await using index = indexOf();
  await index.catchUp();
  await queue().park([failed(recordOf('crash'))]);
  await rig.db.query(`alter table letters add constraint broken check (reason = 'never') not valid`);
  await expect(index.catchUp()).rejects.toThrow('broken');
  await rig.db.query('alter table letters drop constraint broken');
  await index.catchUp();
  expect(await letters()).toHaveLength(1);
});

test('reads a topic that was made anew from its beginning, and loses no letter that it had', async () => {
  await using index = indexOf();
  await queue().park([failed(recordOf('before'))]);
  await index.catchUp();
  await using admin = createAdmin({ client: clientOf(), log: rig.log });
  await admin.removeTopic(topic);
  await createTopics([{ ...deadLetterTopic(rig.name), partitions: 2 }]);
  await queue().park(['a', 'b', 'c'].map((key) => failed(recordOf(key))));
  await until(
    () =>
      index.catchUp().then(
        () => true,
        () => false,
      ),
    { what: 'the new topic is read' },
  );
  expect((await letters()).map(({ key }) => String(key)).sort()).toEqual(['a', 'b', 'before', 'c']);
});

test('tells of letters that were deleted before they were read', async () => {
  await using index = indexOf();
  await index.catchUp();
  await queue().park([failed(recordOf('never seen'))]);
  await deleteRecords(topic);
  await queue().park([failed(recordOf('seen'))]);
  await index.catchUp();
  const rows = (await letters()).sort((a, b) => (a.reason < b.reason ? -1 : 1));
  expect(rows).toMatchObject([
    { reason: 'deleted', topic, key: null, error_name: 'LettersLost' },
    { reason: 'failed', key: Buffer.from('seen') },
  ]);
  expect(rows[0].record_offset).toBe(rows[0].last_offset);
});

test('answers from the table while Kafka is away', async () => {
  await using index = indexOf();
  await queue().park([failed(recordOf('there'))]);
  await index.catchUp();
  const metrics = createMetrics();
  await using away = indexOf(['127.0.0.1:1'], metrics);
  const catchingUp = away.catchUp();
  catchingUp.catch(() => undefined);
  expect(await away.health?.()).toMatchObject({
    up: true,
    detail: expect.stringMatching(/^1 letter waits, 1 key is parked, the oldest since \d/),
  });
  const text = await metrics.prometheus.metrics();
  expect(text).toContain('brew_letters_waiting{reason="failed"} 1');
  expect(text).toContain('brew_letters_waiting{reason="foreign"} 0');
  expect(text).toContain('brew_parked_keys 1');
  await expect(catchingUp).rejects.toMatchObject({ code: 'BREW_BROKER_UNAVAILABLE' });
  expect(away.asOf).toBeUndefined();
});

test('does not take for all letters what lies before an open transaction', async () => {
  await using index = indexOf();
  const transaction = await openTransaction(topic, [0, 1]);
  await queue().park([failed(recordOf('behind'))]);
  await expect(index.catchUp()).rejects.toMatchObject({
    code: 'BREW_LETTERS_UNKNOWN',
    message: expect.stringContaining(`A transaction has been open on ${topic}`),
  });
  await transaction.abort();
  await index.catchUp();
  expect((await letters()).map(({ key }) => String(key))).toEqual(['behind']);
});

test('says that it is PostgreSQL that does not answer', async () => {
  await using index = indexOf();
  await rig.db.transaction(async (tx) => {
    await tx.query('lock table letter_positions in access exclusive mode');
    await expect(index.catchUp()).rejects.toMatchObject({
      code: 'BREW_LETTERS_UNKNOWN',
      message: expect.stringContaining('PostgreSQL has not answered'),
    });
  });
  await index.catchUp();
});

test('a record behind a key that is let go meanwhile is handed back, and one that is sent first is seen', async () => {
  await using index = indexOf();
  const q = queue();
  const first = recordOf('race');
  await q.park([failed(first)]);
  const [second, third] = [recordOf('race'), recordOf('race')];
  expect(await q.behindParked([second])).toEqual(new Set([second]));
  const hash = (await rig.db.query('select topic, key_hash as "keyHash" from parked_keys')).rows;
  let parking: Promise<ReadonlySet<ReceivedRecord>> | undefined;
  await rig.db.transaction(async (tx) => {
    await lockKeys(tx, hash);
    parking = q.park([behind(second)]);
    await until(isWaiting, { what: 'parking waits for the key' });
    await index.catchUp();
    expect(await letters()).toHaveLength(1);
    await letKeysGo(tx, hash);
  });
  expect(await parking).toEqual(new Set([second]));
  await index.catchUp();
  expect([(await letters()).length, await parkedKeys()]).toEqual([1, 0]);

  // The other way round: what has the key first is in the topic before anybody can let the key go.
  await q.park([failed(third)]);
  await index.catchUp();
  expect([(await letters()).length, await parkedKeys()]).toEqual([2, 1]);
});

test('marks the key again when a letter lands after the patience', async () => {
  const answer = Promise.withResolvers<void>();
  const producer = createProducer({ client: clientOf(), log: rig.log });
  await producer.start();
  let sends = 0;
  const slow = createDeadLetterQueue({
    producer: {
      async send(records) {
        sends++;
        await answer.promise;
        await producer.send(records);
      },
    },
    group: rig.name,
    parkedKeys: createParkedKeys(rig.db),
  });
  await queue().park([failed(recordOf('late'))]);
  const late = [behind(recordOf('late'))];
  await expect(slow.park(late)).rejects.toMatchObject({ code: 'BREW_DEAD_LETTER_FAILED' });
  // A redrive finds no more letters of the key, and lets it go.
  await rig.db.query('delete from parked_keys');
  answer.resolve();
  expect(await slow.park(late)).toEqual(new Set());
  expect([sends, await parkedKeys()]).toEqual([1, 1]);
  await producer.stop();
});

async function isWaiting(): Promise<boolean> {
  const { rowCount } = await rig.db.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rowCount === 1;
}
