import { alterTopic, deleteRecords, writeBatch } from '@brew/kafka/testing';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventRecord } from '../testing/eventRecord.ts';
import { ask, createLetterBench, type LetterBench } from '../testing/letterBench.ts';
import { orderNamed } from '../testing/orderNamed.ts';
import { anOrder } from '../testing/serviceRig.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
  await alterTopic(bench.Placed.topic.name, { 'max.message.bytes': String(8 * 1024 * 1024) });
});
afterEach(() => bench.clear());
afterAll(() => bench.rig.stop());

/** Its topic takes this record, and the one of dead letters does not. */
async function sendLarge(name: string): Promise<void> {
  const { rig, Placed } = bench;
  const order = anOrder(orderNamed(name));
  const data = { ...order, customer: { ...order.customer, name } };
  const { topic, key, value, headers } = eventRecord(rig.codec, Placed, data);
  const raw = Object.entries({ ...headers, note: 'x'.repeat(3_000_000) }).map(
    ([header, text]) => [header, Buffer.from(text)] as const,
  );
  const record = { key: Buffer.from(key), value, headers: raw, timestamp: Date.now() };
  expect(await writeBatch(topic, 0, { records: [record] })).toHaveProperty('baseOffset');
}

async function parkLarge(name: string): Promise<void> {
  await bench.break(name);
  await sendLarge(name);
  await until(async () => (await bench.waiting()) === 1, { what: 'the letter' });
  await bench.mend();
}

const redriveAll = { all: true, by: 'ada' };

it('reads again where it came from what was too large for a letter', async () => {
  const service = await bench.start();
  await parkLarge('large');
  const [letter] = (await ask(service, '')).body.letters;
  expect(letter).toMatchObject({ reason: 'failed', pointer: true, key: orderNamed('large') });
  expect((await ask(service, '/redrive', redriveAll)).body).toMatchObject({ redriven: 1, keysLetGo: 1 });
  expect(await bench.effects('large')).toEqual(['large']);
});

it('says so when it is not there any more, and keeps the letter', async () => {
  const service = await bench.start();
  await parkLarge('gone');
  await deleteRecords(bench.Placed.topic.name);
  const { body } = await ask(service, '/redrive', redriveAll);
  expect(body).toMatchObject({
    redriven: 0,
    failed: [{ error: 'the record is gone from its topic: discard the letter' }],
  });
  expect([await bench.waiting(), await bench.effects('gone')]).toEqual([1, []]);
});
