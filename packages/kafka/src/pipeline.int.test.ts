import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { FencedError, OffsetOutOfRangeError, RegistryUnavailableError } from './errors.ts';
import { openLanes } from './pipeline/lanes.ts';
import { live } from './pipeline/life.ts';
import { positionsOf } from './pipeline/positions.ts';
import { createPipeline, type PipelineOptions } from './pipeline.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';
import type { OutgoingRecord, ReceivedRecord } from './record.ts';
import {
  clientOf,
  createDeadLetterTopic,
  createTopic,
  log,
  outgoing,
  readAll,
  textOf,
} from './testing/kafka.ts';
import { createNetwork } from './testing/network.ts';
import type { CopyOptions } from './testing/pipelineMain.ts';
import { abortTransaction } from './testing/transactions.ts';

describe.each(['kafkajs', 'platformatic'] as const)('on %s', (library) => {
  const client = clientOf(undefined, { library });
  const admin = createAdmin({ client, log });
  const producer = createProducer({ client, log });

  let group: string;
  let source: string;
  let target: string;
  /** How many records were sent to the source. */
  let count: number;
  /** What is there of them: a producer repeats a batch whose answer was lost, so some may be there twice. */
  let sent: ReceivedRecord[];

  beforeAll(() => producer.start());
  afterAll(() => Promise.all([producer.stop(), admin.close()]));
  beforeEach(async () => {
    group = uniqueName('pipeline');
    [source, target] = await Promise.all([createTopic('source', 3), createTopic('target', 3)]);
    count = 0;
    sent = [];
  });

  /** Sends so many more records to the source, over twelve keys. */
  async function send(more: number): Promise<void> {
    const numbers = Array.from({ length: more }, () => count++);
    await producer.send(numbers.map((number) => outgoing(source, `k${number % 12}`, String(number))));
    sent = await readAll(source);
  }

  const copy = ({ key, value, headers }: ReceivedRecord): OutgoingRecord[] => [
    { topic: target, key, value, headers },
  ];
  const copyLarge = (record: ReceivedRecord) =>
    copy(record).map((of) => ({ ...of, value: Buffer.alloc(3_000) }));

  const pipelineOf = (options: Partial<PipelineOptions> = {}) =>
    createPipeline({ client, group, topics: [source], process: copy, maxRecords: 20, log, ...options });

  /** Does all there is; of more than one instance, as the last one. */
  async function finish(options: Partial<PipelineOptions> = {}) {
    const pipeline = pipelineOf(options);
    await pipeline.run({ signal: new AbortController().signal, untilCaughtUp: true });
    return pipeline;
  }

  function perKey(records: readonly { key: unknown; value: Buffer | null }[]): Record<string, string[]> {
    const groups = Map.groupBy(records, ({ key }) => String(key));
    return Object.fromEntries([...groups].map(([key, of]) => [key, of.map(({ value }) => String(value))]));
  }

  /** What whoever reads committed records sees: each record once, in order per key. */
  async function expectEachOnce(): Promise<void> {
    expect(perKey(await readAll(target))).toEqual(perKey(sent));
  }

  // https://kafka.apache.org/protocol#protocol_api_keys
  const api = {
    InitProducerId: 22,
    AddOffsetsToTxn: 25,
    TxnOffsetCommit: 28,
    AddPartitionsToTxn: 24,
    Produce: 0,
    EndTxn: 26,
  };

  /** Lets another process copy until the broker has done a step, and kills it then. */
  async function killAt(step: keyof typeof api, answer: number): Promise<void> {
    const options: CopyOptions = { library, group, source, target, freezeAt: { apiKey: api[step], answer } };
    const main = fileURLToPath(new URL('./testing/pipelineMain.ts', import.meta.url));
    const child = spawn(process.execPath, [main, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [what] = await Promise.race([once(child.stdout, 'data'), ended]);
    child.kill('SIGKILL');
    await ended;
    expect(String(what)).toBe('frozen\n');
  }

  test('brings each record once, in order per key, at whichever step of a transaction it was killed', async () => {
    await send(700);
    let answer = 2;
    for (const step of Object.keys(api) as (keyof typeof api)[]) {
      await killAt(step, answer++);
      await send(60);
    }
    await finish();
    await expectEachOnce();
  });

  test('brings each record once over a network that loses answers', async () => {
    await send(900);
    // Without a key it is the producer who chooses a partition, and must not choose again.
    const keyless = Array.from({ length: 100 }, (_, i) => ({
      ...outgoing(source, '', `keyless ${i}`),
      key: null,
    }));
    await producer.send(keyless);
    sent = await readAll(source);
    const network = createNetwork();
    let answers = 0;
    const lossy = new Set(Object.values(api));
    network.losesAnswer = (apiKey) => lossy.has(apiKey) && ++answers % 23 === 0 && network.lost < 12;
    await finish({ client: clientOf(network.via, { library }) });
    await network.stop();
    expect(network.lost).toBe(12);

    const hasKey = ({ key }: ReceivedRecord) => key !== null;
    const records = await readAll(target);
    expect(perKey(records.filter(hasKey))).toEqual(perKey(sent.filter(hasKey)));
    const keylessIn = (all: readonly ReceivedRecord[]) => all.filter((one) => !hasKey(one)).map(textOf);
    expect(keylessIn(records).sort()).toEqual(keylessIn(sent).sort());
  });

  // The other one takes no request of a transaction again: it begins anew.
  if (library === 'kafkajs')
    test('repeats nothing that was acknowledged when the way to the coordinator breaks twice in one send', async () => {
      const network = createNetwork();
      const partitions = [{ topic: source, partition: 0 }];
      const [lane] = await openLanes({ client: clientOf(network.via, { library }), group, partitions });
      if (!lane) throw new Error('no lane');
      const texts = Array.from({ length: 30 }, (_, i) => `record ${i}`);
      const expected: string[] = [];
      for (let round = 1n; round <= 6n; round++) {
        // The one for the third broker, and the same again, when what the others were sent is in the log.
        let asked = 0;
        network.losesAnswer = (apiKey) => apiKey === api.AddPartitionsToTxn && [3, 4].includes(++asked);
        await lane.commit(
          texts.map((text, i) => outgoing(target, `k${i}`, text)),
          round,
        );
        expected.push(...texts);
      }
      expect(network.lost).toBe(12);
      await lane.close();
      await network.stop();
      // Whoever opens it next waits until the last commit is seen.
      for (const next of await openLanes({ client, group, partitions })) await next.close();
      expect((await readAll(target)).map(textOf).sort()).toEqual(expected.sort());
    });

  test('ends when another instance begins, and has done nothing that is done again', async () => {
    await send(300);
    const resumed = Promise.withResolvers<void>();
    let begun = 0;
    const slow = pipelineOf({
      async process(record) {
        if (++begun > 70) await resumed.promise;
        return copy(record);
      },
    });
    const ended = slow.run({ signal: new AbortController().signal });
    ended.catch(() => undefined);
    await until(() => begun > 70, { what: 'the first instance to be in the midst of it' });
    await finish();
    resumed.resolve();
    await expect(ended).rejects.toThrow(FencedError);
    expect(slow.state).toBe('stopped');
    await expectEachOnce();
  });

  test('does not take a transaction that took too long for the work of another instance', async () => {
    const network = createNetwork();
    const open = async (options: { timeoutMs?: number; client?: KafkaClient } = {}) => {
      const partitions = [{ topic: source, partition: 0 }];
      const [lane] = await openLanes({ client, group, partitions, ...options });
      if (!lane) throw new Error('no lane');
      return lane;
    };
    const prompt = await open();
    const sleepy = await open({ timeoutMs: 500, client: clientOf(network.via, { library }) });
    await expect(prompt.commit([], 1n)).rejects.toThrow(FencedError);

    const later = await open();
    network.losesAnswer = (apiKey) => {
      if (apiKey === api.AddOffsetsToTxn) standStill(600);
      return false;
    };
    await expect(sleepy.commit([], 1n)).rejects.toMatchObject({
      type: expect.stringMatching(/^(INVALID_PRODUCER_EPOCH|PRODUCER_FENCED)$/),
    });
    await later.commit([], 1n);
    for (const lane of [prompt, sleepy, later]) await lane.close();
    await network.stop();
  });

  /** As a process does whose machine sleeps. */
  const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

  test('looks where to go on only when nobody before it can commit any more', async () => {
    await send(30);
    const resumed = Promise.withResolvers<void>();
    let begun = 0;
    const before = pipelineOf({
      maxRecords: 500,
      async process(record) {
        begun++;
        await resumed.promise;
        return copy(record);
      },
    });
    const stopping = new AbortController();
    const ended = before.run({ signal: stopping.signal }).catch((error: unknown) => error);
    await until(() => begun > 0, { what: 'a transaction to be prepared' });

    await using reader = createReader({ client, log });
    const [partitions, ends] = await Promise.all([
      reader.offsets([source], 'earliest'),
      reader.offsets([source], 'latest'),
    ]);
    await live({
      reader,
      ends,
      openLanes: () => openLanes({ client, group, partitions }),
      async positions() {
        const positions = await positionsOf(admin, group, partitions);
        // Now the one before commits what it has, if it still can.
        resumed.resolve();
        await until(() => before.records === sent.length || before.state === 'stopped', { what: 'its end' });
        return positions;
      },
      limitAt: () => 500,
      process: async ({ records }) => ({ records: records.flatMap(copy), deadLetters: 0 }),
      onCommitted: () => undefined,
      onFailed: () => undefined,
      signal: stopping.signal,
    });
    stopping.abort();
    await ended;
    await expectEachOnce();
  });

  const isSeventeen = (record: ReceivedRecord) => textOf(record) === '17';

  test('parks what can not be processed, and goes on with what follows', async () => {
    const letters = await createDeadLetterTopic(group);
    await send(60);
    const seventeens = sent.filter(isSeventeen);
    const pipeline = await finish({
      process(record) {
        if (isSeventeen(record)) throw new TypeError('seventeen');
        return copy(record);
      },
    });
    expect(pipeline).toMatchObject({ records: sent.length, deadLetters: seventeens.length });
    const parked = await readAll(letters);
    expect(parked).toHaveLength(seventeens.length);
    expect(parked[0]).toMatchObject({
      key: 'k5',
      value: Buffer.from('17'),
      headers: {
        h: '17',
        dlq_group: group,
        dlq_source_topic: source,
        dlq_error_name: 'TypeError',
        dlq_error_message: 'seventeen',
        dlq_attempts: '1',
      },
    });
    sent = sent.filter((record) => !isSeventeen(record));
    await expectEachOnce();
  });

  test('parks what becomes a record that Kafka does not take', async () => {
    const letters = await createDeadLetterTopic(group);
    target = await createTopic('target', 3, { 'max.message.bytes': '2000' });
    await send(60);
    await finish({
      process: (record) => (isSeventeen(record) ? copyLarge(record) : copy(record)),
    });
    expect((await readAll(letters)).map(textOf)).toEqual(sent.filter(isSeventeen).map(textOf));
    sent = sent.filter((record) => !isSeventeen(record));
    await expectEachOnce();
  });

  test('waits while something is down, and parks nothing', async () => {
    await send(60);
    let failures = 0;
    const pipeline = pipelineOf({
      process(record) {
        if (failures++ < 3) throw new RegistryUnavailableError('http://registry', new Error('gone'));
        return copy(record);
      },
    });
    const running = pipeline.run({ signal: new AbortController().signal, untilCaughtUp: true });
    await until(() => pipeline.state === 'waiting', { what: 'it to wait' });
    expect(pipeline.lastError).toBeInstanceOf(RegistryUnavailableError);
    await running;
    expect(pipeline).toMatchObject({ deadLetters: 0, lastError: undefined });
    await expectEachOnce();
  });

  test('goes on with what comes until it is stopped, and from there the next time', async () => {
    await send(60);
    const stopping = new AbortController();
    const pipeline = pipelineOf();
    const running = pipeline.run({ signal: stopping.signal });
    await until(() => pipeline.records === sent.length, { what: 'what was there' });
    await send(30);
    await until(() => pipeline.records === sent.length, { what: 'what came' });
    stopping.abort();
    await running;
    const before = sent.length;
    await send(30);
    expect((await finish()).records).toBe(sent.length - before);
    expect((await finish()).records).toBe(0);
    await expectEachOnce();
  });

  test('has nothing left to do behind records that were aborted or have no effect', async () => {
    await send(60);
    await abortTransaction(source);
    const hasEffect = (record: ReceivedRecord) => Number(textOf(record)) < 30;
    const process = (record: ReceivedRecord) => (hasEffect(record) ? copy(record) : []);
    expect((await finish({ process })).records).toBe(sent.length);
    expect((await finish({ process })).records).toBe(0);
    sent = sent.filter(hasEffect);
    await expectEachOnce();
  });

  test('says so when what comes next was deleted', async () => {
    await send(60);
    await finish();
    await send(60);
    const kafka = kafkaOf(client).admin();
    await kafka.connect();
    const ends = await kafka.fetchTopicOffsets(source);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await kafka.deleteTopicRecords({ topic: source, partitions });
    await kafka.disconnect();
    await expect(finish()).rejects.toThrow(OffsetOutOfRangeError);
  });
});
