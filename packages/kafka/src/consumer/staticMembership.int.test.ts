import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createProducer } from '../producer.ts';
import { clientOf, createTopic, log, memberIdsOf, outgoing } from '../testing/kafka.ts';
import { createTestGroup, type TestGroup } from '../testing/testGroup.ts';

const producer = createProducer({ client: clientOf(), log });
beforeAll(() => producer.start());
afterAll(() => producer.stop());

let group: TestGroup;
beforeEach(async () => {
  group = await createTestGroup(producer);
});
afterEach(() => group.end());

test('keeps the partitions of a member with a name until it is back', async () => {
  const topic = await createTopic('static', 4);
  const handledBy = new Map<number, Set<string>>();
  const member = (instanceId: string) =>
    group.consume(topic, {
      instanceId,
      process: async (records) => {
        for (const { partition } of records)
          handledBy.set(partition, (handledBy.get(partition) ?? new Set()).add(instanceId));
      },
    });
  const sendAll = () => producer.send(Array.from({ length: 40 }, (_, i) => outgoing(topic, `k${i}`, 'x')));
  const { consumer: one } = await member('one');
  await member('two');
  const isShared = () =>
    [...handledBy.values()]
      .flatMap((by) => [...by])
      .sort()
      .join() === 'one,one,two,two';
  await until(
    async () => {
      handledBy.clear();
      await sendAll();
      await until(() => handledBy.size === 4, { what: 'records of all partitions' });
      return isShared();
    },
    { what: 'both to have a share' },
  );
  const shares = new Map(handledBy);
  await one.stop();
  expect(await memberIdsOf(group.name)).toHaveLength(2);
  handledBy.clear();
  await sendAll();
  await member('one');
  await until(() => handledBy.size === 4, { what: 'what came while it was away' });
  expect(handledBy).toEqual(shares);
});

test('says that kafkajs has no names for members', async () => {
  const kafkajs = clientOf(undefined, { library: 'kafkajs' });
  await expect(group.consume('any', { client: kafkajs, instanceId: 'one' })).rejects.toThrow(
    'kafkajs has no static membership',
  );
});
