import { describe, expect, test } from '@jest/globals';
import { deadLetterTopic, successors, type Topic, topics } from './topics.ts';

const declared: Topic[] = Object.values(topics);
const DAY_MS = 86_400_000;

describe('topics', () => {
  test.each(declared.map((topic) => [topic.name, topic] as const))(
    '%s outlives the loss of a broker',
    (_, topic) => {
      expect(topic.replicationFactor).toBe(3);
      expect(topic.config).toMatchObject({
        'min.insync.replicas': '2',
        'unclean.leader.election.enable': 'false',
      });
    },
  );

  test('keyed by order have the same partition count, so that they are co-partitioned', () => {
    const counts = declared.filter(({ key }) => key === 'orderId').map(({ partitions }) => partitions);
    expect(counts).toHaveLength(5);
    expect(new Set(counts)).toEqual(new Set([6]));
  });

  test('keep the public vocabulary', () => {
    expect(declared.map(({ name }) => name)).toEqual([
      'brew.orders.v1',
      'brew.payments.v1',
      'brew.kitchen.v1',
      'brew.shipments.v1',
      'brew.stock.v1',
      'brew.menu.v1',
    ]);
    const events = declared.flatMap((topic) => topic.events);
    expect(events).toEqual(
      expect.arrayContaining([
        'OrderPlaced',
        'PaymentReceived',
        'KitchenStarted',
        'OrderReady',
        'OrderDelivered',
      ]),
    );
    expect(new Set(events).size).toBe(events.length);
  });

  test('keep orders and payments for 30 days, the rest for 7, and the menu for ever', () => {
    const days = (topic: Topic) => Number(topic.config['retention.ms']) / DAY_MS;
    expect([topics.orders, topics.payments].map(days)).toEqual([30, 30]);
    expect([topics.kitchen, topics.shipments, topics.stock].map(days)).toEqual([7, 7, 7]);
    expect(topics.menu.config['cleanup.policy']).toBe('compact');
    expect(topics.menu.config).not.toHaveProperty('retention.ms');
  });
});

test.each(Object.entries(successors))(
  'the successor of %s has its key and its partitions',
  (name, successor) => {
    const { name: _, ...before } = topics[name as keyof typeof successors];
    expect(successor).toMatchObject({ key: before.key, partitions: before.partitions });
    expect(successor.name).toMatch(/^brew\.\w+\.v[2-9]$/);
  },
);

describe('deadLetterTopic', () => {
  const dlq = deadLetterTopic('kitchen');

  test('is named after the group and keeps records for 30 days', () => {
    expect(dlq.name).toBe('kitchen.dlq');
    expect(dlq.config).toMatchObject({ 'retention.ms': String(30 * DAY_MS), 'min.insync.replicas': '2' });
  });

  test('keeps the partition of every key', () => {
    expect(new Set([dlq, ...declared].map(({ partitions }) => partitions)).size).toBe(1);
  });

  test('has room for a record of the greatest size together with its provenance', () => {
    const kafkaDefault = 1_048_588;
    expect(Number(dlq.config['max.message.bytes'])).toBeGreaterThan(kafkaDefault + 512 * 1024);
  });
});
