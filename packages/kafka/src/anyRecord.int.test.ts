import { setImmediate as eventLoop } from 'node:timers/promises';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Consumer, createConsumer } from './consumer.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { UndecodableRecordError } from './errors.ts';
import { createFollower, type Follower } from './follower.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createProducer } from './producer.ts';
import { createReader, type PartitionOffset } from './reader.ts';
import { type RawHeader, type ReceivedRecord, rawPartsOf } from './record.ts';
import type { OddForms, TestBatch, TestRecord } from './testing/batches.ts';
import { clientOf, createDeadLetterTopic, createTopic, log, memberIdsOf } from './testing/kafka.ts';
import { createKeyMemory } from './testing/keyMemory.ts';
import { writeBatch } from './testing/writeBatch.ts';

/** For how long batches are drawn: `ANY_RECORD_MINUTES=50 npm test -- anyRecord` for a long run; the runner ends whatever takes an hour. */
const MINUTES = Number(process.env.ANY_RECORD_MINUTES ?? 0);
/** How many are drawn before all that became of them is looked at and forgotten: once, or until the time is over. */
const RUNS = MINUTES > 0 ? 300 : 25;
/** A follower spends up to three seconds on what can't be taken of a batch. */
const PATIENCE_MS = 180_000 + RUNS * 3_000;
const TIMEOUT_MS = 15 * 60_000 + 2 * PATIENCE_MS + MINUTES * 60_000;
const PARTITIONS = 3;

// Whatever Kafka takes, between records that are good, for whatever reads with this package: each good one takes effect once, each bad one is in the
// dead letters once (the follower, which has none, steps over it once), and nothing restarts.

const client = clientOf();
const producer = createProducer({ client, log });
const group = uniqueName('any');
const bridge = uniqueName('any-bridge');
let topic: string;
let target: string;
let consumer: Consumer;
let follower: Follower;
let pipeline: Pipeline;
let members: string[];
const bridging = new AbortController();

const GOOD = 'good:';

/** Takes good records, and fails for others in as many ways as there are. */
function take(record: ReceivedRecord): string {
  const text = record.value?.toString() ?? '';
  if (text.startsWith(GOOD)) return text;
  const ways = [
    () => new UndecodableRecordError('Connection terminated: so it says, at least'),
    () => new TypeError(`can't handle ${record.headers.x}`),
    () => 'no error at all',
  ];
  throw ways[text.length % ways.length]?.();
}

function effects() {
  const seen = new Map<string, number>();
  return {
    seen,
    take: (records: readonly ReceivedRecord[]) => {
      // All or nothing, as a transaction would have it.
      for (const good of records.map(take)) seen.set(good, (seen.get(good) ?? 0) + 1);
    },
  };
}
const consumed = effects();
const followed = effects();

beforeAll(async () => {
  const anyTime = {
    'message.timestamp.before.max.ms': String(2n ** 63n - 1n),
    'message.timestamp.after.max.ms': String(2n ** 63n - 1n),
    'max.message.bytes': String(4 * 1024 * 1024),
  };
  [topic, target] = [await createTopic('any', PARTITIONS, anyTime), await createTopic('any-target')];
  await Promise.all([createDeadLetterTopic(group), createDeadLetterTopic(bridge), producer.start()]);
  consumer = createConsumer({
    client,
    group,
    topics: [topic],
    from: 'beginning',
    wants: ({ headers }) => {
      if ('wants' in headers) throw new RangeError('what is that?');
      return true;
    },
    process: async (records) => consumed.take(records),
    // A good record never has the key of a bad one: so none waits behind one.
    deadLetters: createDeadLetterQueue({
      producer,
      group,
      parkedKeys: createKeyMemory(),
    }),
    retry: { attempts: 3, initialMs: 5, maxMs: 20 },
    paceMs: 0,
    log,
  });
  follower = createFollower({
    client,
    name: 'any',
    topics: [topic],
    from: 'beginning',
    onRecords: async (records) => {
      for (const record of records) take(record);
      followed.take(records);
    },
    log,
  });
  pipeline = createPipeline({
    client,
    group: bridge,
    topics: [topic],
    process: (record) => [{ topic: target, key: record.key, value: Buffer.from(take(record)), headers: {} }],
    log,
  });
  await Promise.all([consumer.start(), follower.start()]);
  pipeline.run({ signal: bridging.signal }).catch(() => undefined);
  members = await memberIdsOf(group);
});
afterAll(async () => {
  bridging.abort();
  await Promise.all([consumer.stop(), follower.stop()]);
  await producer.stop();
});

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const name = fc.oneof(
  fc.constantFrom(
    'ce_id',
    'ce_type',
    'dlq_reason',
    'dlq_source_offset',
    '__proto__',
    'constructor',
    'toString',
    'wants',
    '',
  ),
  bytes,
);
const headers = fc.array(fc.tuple(name, fc.option(bytes)), { maxLength: 6 });
/** Starts with what no good key starts with. */
const key = fc.option(
  fc.oneof(bytes, fc.constant(Buffer.alloc(3_000, 1))).map((tail) => Buffer.concat([Buffer.from('!'), tail])),
);
const value = fc.oneof(
  fc.constant(null),
  bytes,
  fc.nat({ max: 3_000_000 }).map((size) => Buffer.alloc(size)),
  bytes.map((tail) => Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), tail])),
);
const timestamp = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-9_000_000_000_000_000n, 2n ** 63n - 1n, -(2n ** 63n), -1n, 0n),
);
const bad: fc.Arbitrary<TestRecord> = fc.record({ key, value, headers, timestamp });
const compression = fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd');
const forms: fc.Arbitrary<OddForms> = fc.oneof(
  fc.constant({}),
  fc.record({
    nullLength: fc.integer({ min: -(2 ** 31), max: -1 }),
    overlong: fc.boolean(),
    offsetDeltas: fc.array(fc.integer(), { maxLength: 6 }),
  }),
);

/** Of this round, every bad record that Kafka took, and every good one. */
const badPlaces = new Map<string, TestRecord>();
const goodValues = new Set<string>();
/** Of all rounds. */
let goodCount = 0;
let badCount = 0;

async function write(
  records: TestRecord[],
  partition: number,
  how: Pick<TestBatch, 'compression' | 'forms'>,
) {
  const good = `${GOOD}${goodCount}`;
  const now = BigInt(Date.now());
  const last = { key: Buffer.from(good), value: Buffer.from(good), headers: [], timestamp: now };
  const taken = await writeBatch(topic, partition, { records: [...records, last], ...how });
  // Too large, as a rule.
  if ('refused' in taken) return;
  goodValues.add(good);
  goodCount++;
  badCount += records.length;
  for (const [i, record] of records.entries()) {
    badPlaces.set(`${topic}/${partition}/${taken.baseOffset + BigInt(i)}`, record);
  }
}

/** Up to where the dead letters of each group were looked at. */
const lookedAt = new Map<string, readonly PartitionOffset[]>();

/** What has come to a group's dead letters since the last round, by where it came from. */
async function lettersOf(of: string): Promise<Map<string, ReceivedRecord[]>> {
  await using reader = createReader({ client, log });
  const dlq = [`${of}.dlq`];
  const starts = lookedAt.get(of) ?? (await reader.offsets(dlq, 'earliest'));
  const ends = await reader.offsets(dlq, 'latest');
  const ranges = starts.map(({ offset, ...partition }, i) => ({
    ...partition,
    from: offset,
    until: ends[i]?.offset ?? 0n,
  }));
  const letters: ReceivedRecord[] = [];
  for await (const records of reader.read(ranges)) while (records.next()) letters.push(records.received());
  return Map.groupBy(
    letters,
    ({ headers: h }) => `${h.dlq_source_topic}/${h.dlq_source_partition}/${h.dlq_source_offset}`,
  );
}

/** So that an hour of it takes no more memory than a round. */
async function forget(): Promise<void> {
  await using reader = createReader({ client, log });
  for (const owner of [group, bridge]) lookedAt.set(owner, await reader.offsets([`${owner}.dlq`], 'latest'));
  for (const memory of [badPlaces, goodValues, consumed.seen, followed.seen]) memory.clear();
}

const asBytes = (list: readonly RawHeader[] | TestRecord['headers']) =>
  list.map(([n, v]) => [
    Buffer.from(n as string).toString('hex'),
    v === null ? null : Buffer.from(v as string).toString('hex'),
  ]);

function expectLetter(of: TestRecord, letters: readonly ReceivedRecord[] | undefined, place: string): void {
  expect([place, letters?.length]).toEqual([place, 1]);
  const [letter] = letters as [ReceivedRecord];
  const raw = rawPartsOf(letter);
  expect(raw.key).toEqual(of.key);
  if (letter.headers.dlq_pointer === undefined)
    expect(letter.value?.equals(of.value ?? Buffer.alloc(0)) ?? null).toBe(of.value && true);
  else
    expect(letter.headers).toMatchObject({ dlq_pointer: 'value', dlq_value_bytes: String(of.value?.length) });
  expect(asBytes(raw.headers).slice(0, of.headers.length)).toEqual(asBytes(of.headers));
  expect(Math.abs(Date.now() - letter.timestamp.getTime())).toBeLessThan(86_400_000);
}

const how = fc.record({ compression, forms });
const batch = fc.tuple(fc.array(bad, { maxLength: 5 }), fc.nat({ max: PARTITIONS - 1 }), how);

async function round(): Promise<void> {
  await fc.assert(
    fc.asyncProperty(batch, async ([records, partition, form]) => {
      await write(records, partition, form);
    }),
    { numRuns: RUNS },
  );
  const all = [...goodValues];
  const timeoutMs = PATIENCE_MS;
  await until(() => all.every((good) => consumed.seen.has(good)), {
    ...{ what: 'the consumer to have what is good', timeoutMs },
  });
  await until(() => all.every((good) => followed.seen.has(good)), {
    ...{ what: 'the follower to have what is good', timeoutMs },
  });
  await until(() => BigInt(pipeline.records) >= BigInt(badCount + goodCount), {
    ...{ what: 'the pipeline to have everything', timeoutMs },
  });
  await until(async () => (await lettersOf(group)).size >= badPlaces.size, {
    ...{ what: 'the letters of what is bad', timeoutMs },
  });

  // Nobody left, and nobody joined.
  expect(await memberIdsOf(group)).toEqual(members);
  expect(new Set(consumed.seen.values())).toEqual(new Set([1]));
  expect(new Set(followed.seen.values())).toEqual(new Set([1]));
  expect(follower.steppedOver).toBe(badCount);
  for (const owner of [group, bridge]) {
    const letters = await lettersOf(owner);
    for (const [place, record] of badPlaces) {
      expectLetter(record, letters.get(place), place);
      await eventLoop(); // the members are in this process, and need signs of life
    }
    expect(letters.size).toBe(badPlaces.size);
  }
  expect([consumer.state, follower.state, pipeline.state]).toEqual(['running', 'running', 'running']);
  expect([consumer.lastError, consumer.heldUp]).toEqual([undefined, undefined]);
}

test(
  'whatever Kafka takes is handled once, or parked once, and holds up nothing',
  async () => {
    const end = performance.now() + MINUTES * 60_000;
    do {
      await round();
      await forget();
      if (MINUTES > 0) process.stderr.write(`${badCount} bad and ${goodCount} good records so far\n`);
    } while (performance.now() < end);
  },
  TIMEOUT_MS,
);
