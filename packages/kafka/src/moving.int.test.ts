import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createKafkaClient, type Library, libraries, optionsOf } from './client.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { createProducer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import { clientOf, createTopic, log, memberIdsOf, outgoing, textOf } from './testing/kafka.ts';

const clientBy = (library: Library) => createKafkaClient({ ...optionsOf(clientOf()), library });
const producer = createProducer({ client: clientOf(), log });
beforeAll(() => producer.start());
afterAll(() => producer.stop());

const KEYS = 12;

/** Keeps sending the next number of each key, until it is told to stop. @returns how many of each key there are */
function sendOn(topic: string): () => Promise<number> {
  let going = true;
  const sent = (async () => {
    let number = 0;
    for (; going; number++)
      await producer.send(
        Array.from({ length: KEYS }, (_, key) => outgoing(topic, `k${key}`, `k${key}:${number}`)),
      );
    return number;
  })();
  return () => {
    going = false;
    return sent;
  };
}

/** The numbers that each key was handled with, in that order, whoever did it. */
function createHandled() {
  const byKey = new Map<string, number[]>();
  return {
    async process(records: ReceivedRecord[]) {
      for (const record of records) {
        const [key = '', number] = textOf(record).split(':');
        byKey.set(key, [...(byKey.get(key) ?? []), Number(number)]);
      }
    },
    count: () => [...byKey.values()].reduce((sum, numbers) => sum + numbers.length, 0),
    byKey,
  };
}

/** Without those that came again, as members of the classic protocol may have it at each change: an inbox drops them. */
const firsts = (numbers: readonly number[]) => [...new Set(numbers)];

/** A member as kafkajs alone makes one. */
async function joinPlainly(topic: string, group: string, { process }: ReturnType<typeof createHandled>) {
  const consumer = kafkaOf(clientOf()).consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => process([{ value: message.value } as ReceivedRecord]),
  });
  return consumer;
}

test('a group moves from one library to the other and back while records come, with members of both at the same time', async () => {
  const topic = await createTopic('moving', 6);
  const group = uniqueName('moving');
  const handled = createHandled();
  const stopSending = sendOn(topic);
  const members: Consumer[] = [];

  async function join(library: Library): Promise<Consumer> {
    const consumer = createConsumer({
      ...{ client: clientBy(library), group, topics: [topic], from: 'beginning', log },
      process: handled.process,
      deadLetters: createDeadLetterQueue({ producer, group }),
    });
    members.push(consumer);
    await consumer.start();
    return consumer;
  }
  const untilMore = async () => {
    const before = handled.count();
    await until(() => handled.count() > before + 200, { what: 'more records to be handled' });
  };

  const [to, from] = libraries;
  let last = await join(from);
  await untilMore();
  for (const library of [to, from, to] as const) {
    const next = await join(library);
    await untilMore();
    await last.stop();
    await untilMore();
    last = next;
  }
  const count = await stopSending();
  await until(() => [...handled.byKey.values()].every((numbers) => numbers.includes(count - 1)), {
    what: 'the last record of each key',
  });
  await Promise.all(members.map((member) => member.stop()));
  for (const numbers of handled.byKey.values())
    expect(firsts(numbers)).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(handled.byKey.size).toBe(KEYS);
});

test.each(libraries)(
  'a group moves from plain kafkajs to %s and back while records come',
  async (library) => {
    const topic = await createTopic('moving', 6);
    const group = uniqueName('moving');
    const handled = createHandled();
    const untilMore = async () => {
      const before = handled.count();
      await until(() => handled.count() > before + 200, { what: 'more records to be handled' });
    };
    const stopSending = sendOn(topic);
    const plain = await joinPlainly(topic, group, handled);
    await untilMore();
    const ours = createConsumer({
      ...{ client: clientBy(library), group, topics: [topic], from: 'beginning', log },
      process: handled.process,
      deadLetters: createDeadLetterQueue({ producer, group }),
    });
    await ours.start();
    await untilMore();
    await plain.disconnect();
    await untilMore();
    const plainAgain = await joinPlainly(topic, group, handled);
    await until(async () => (await memberIdsOf(group)).length === 2, { what: 'both to be members' });
    await ours.stop();
    await untilMore();
    const count = await stopSending();
    await until(() => [...handled.byKey.values()].every((numbers) => numbers.includes(count - 1)), {
      what: 'the last record of each key',
    });
    await plainAgain.disconnect();
    for (const numbers of handled.byKey.values())
      expect(firsts(numbers)).toEqual(Array.from({ length: count }, (_, i) => i));
  },
);
