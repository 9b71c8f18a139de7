import { afterAll, expect, test } from '@jest/globals';
import { partitionOf } from '../partitionOf.ts';
import { createProducer } from '../producer.ts';
import { clientOf, createTopic, log, outgoing } from '../testing/kafka.ts';
import { createCluster } from './cluster.ts';
import { createFetcher } from './fetcher.ts';
import type { Reading } from './readings.ts';

const PARTITIONS = 24;
/** More than what is asked of each of so many partitions. */
const LARGE = 700_000;

const cluster = createCluster(clientOf());
afterAll(() => cluster.close());

/** A topic with one small record in a partition, and three large ones in another one of the same leader. */
async function prepare() {
  const topic = await createTopic('shares', PARTITIONS);
  await cluster.refresh([topic]);
  const leaderOf = (partition: number) => cluster.leaderOf(topic, partition)?.node;
  const large = Array.from({ length: PARTITIONS }, (_, partition) => partition).findLast(
    (partition) => leaderOf(partition) === leaderOf(0),
  ) as number;
  const keyFor = (partition: number) => {
    for (let i = 0; ; i++) if (partitionOf(`k${i}`, PARTITIONS) === partition) return `k${i}`;
  };
  await using producer = createProducer({ client: clientOf(), log });
  await producer.start();
  const send = (partition: number, value: Buffer) =>
    producer.send([{ topic, key: keyFor(partition), value, headers: {} }]);
  await send(0, Buffer.from('small'));
  for (let i = 0; i < 3; i++) await send(large, Buffer.alloc(LARGE));
  return { topic, large };
}

// A broker that is asked for several partitions hands out one batch that is larger than its share, of the first that has something, and nothing of the others.
test.each<[string, (fetcher: ReturnType<typeof createFetcher>, first: Reading) => void]>([
  ['is given up', (fetcher, first) => fetcher.remove(first)],
  ['is sought elsewhere', (fetcher, first) => fetcher.seek(first, 1n)],
])('jumps over nothing when another partition %s while both are asked for', async (_, meanwhile) => {
  const { topic, large } = await prepare();
  const fetcher = createFetcher(cluster, { apart: true, log });
  try {
    const readings = Array.from({ length: PARTITIONS }, (_, partition) =>
      fetcher.add({ topic, partition, from: 0n }),
    );
    const [first, second] = [readings[0] as Reading, readings[large] as Reading];
    // The moment in which its leader is known is that in which it is asked for.
    while (first.leader === undefined) await new Promise((resolve) => setImmediate(resolve));
    meanwhile(fetcher, first);
    const came: [bigint, bigint, boolean][] = [];
    for (let next = 0n; next < 3n; ) {
      const fetched = await fetcher.nextOf(second);
      if (!fetched) break;
      came.push([fetched.from, fetched.nextOffset, fetched.bytes.length >= LARGE]);
      next = fetched.nextOffset;
    }
    expect(came).toEqual([
      [0n, 1n, true],
      [1n, 2n, true],
      [2n, 3n, true],
    ]);
  } finally {
    fetcher.stop();
  }
});

test('asks for the topic that it was told of, and for no other one of its name', async () => {
  const [topic, other] = [await createTopic('old'), await createTopic('new')];
  await using producer = createProducer({ client: clientOf(), log });
  await producer.start();
  const send = (to: string, count: number) =>
    producer.send(Array.from({ length: count }, (_, i) => outgoing(to, 'k', `${i}`)));
  await send(topic, 5);
  await send(other, 10);
  await cluster.refresh([topic, other]);
  let isMadeAnew = false;
  const topicId = (name: string) => cluster.topicId(isMadeAnew ? other : name);
  const fetcher = createFetcher({ ...cluster, topicId }, { apart: true, log });
  try {
    const reading = fetcher.add({ topic, partition: 0, from: 0n });
    expect(await fetcher.nextOf(reading)).toMatchObject({ from: 0n, nextOffset: 5n });
    isMadeAnew = true;
    await send(topic, 1);
    expect(await fetcher.nextOf(reading)).toMatchObject({ from: 5n, nextOffset: 6n });
    fetcher.seek(reading, 3n);
    expect(await fetcher.nextOf(reading)).toMatchObject({ from: 3n, nextOffset: 6n });
  } finally {
    fetcher.stop();
  }
});
