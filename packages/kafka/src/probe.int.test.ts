import { expect, test } from '@jest/globals';
import { TopicMissingError } from './errors.ts';
import { createProbe } from './probe.ts';
import { clientOf, createTopic } from './testing/kafka.ts';

const client = clientOf();

test('writes a record to the partition that it is told, and tells where it is', async () => {
  const topic = await createTopic('probe', 3, { 'min.insync.replicas': '2' });
  await using probe = createProbe({ client, topic });
  expect(await probe.partitions()).toEqual([0, 1, 2]);
  expect([await probe.write(1, 'first'), await probe.write(1, 'second')]).toEqual([0n, 1n]);
  expect(await probe.write(2, 'third')).toBe(0n);
});

test("is told Kafka's name for why a record is refused, and goes on", async () => {
  const topic = await createTopic('probe', 1, { 'max.message.bytes': '200' });
  await using probe = createProbe({ client, topic });
  await expect(probe.write(0, 'x'.repeat(1_000))).rejects.toMatchObject({ reason: 'MESSAGE_TOO_LARGE' });
  expect(await probe.write(0, 'short')).toBe(0n);
});

test('has no partitions of a topic that does not exist', async () => {
  await using probe = createProbe({ client, topic: 'there-is-none' });
  await expect(probe.partitions()).rejects.toThrow(TopicMissingError);
});
