import type { TopicDeclaration } from '@brew/events';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { checkTopics } from './live.ts';

const { brokers } = infrastructure();
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'test', log });

const declared = (config: Record<string, string>): TopicDeclaration => ({
  name: uniqueName('doctor'),
  partitions: 2,
  replicationFactor: 3,
  config,
});

it('finds declared topics that are missing or differ, and others that lose records easily', async () => {
  const [there, missing] = [declared({ 'retention.ms': '1000000' }), declared({})];
  const frail = declared({ 'min.insync.replicas': '1' });
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([{ ...there, config: { 'retention.ms': '2000000' } }]);
  await admin.ensureTopics([frail], { replicationFactor: 1 });

  const found = await checkTopics({ brokers }, [there, missing]);
  const ours = found.filter(({ problem }) =>
    [there, missing, frail].some(({ name }) => problem.includes(` ${name} `)),
  );
  expect(ours).toMatchObject([
    {
      rule: 'topic-differs',
      severity: 'error',
      file: brokers.join(),
      line: null,
      problem: `The topic ${there.name} is not as declared: its retention.ms is 2000000, declared is 1000000.`,
    },
    { rule: 'topic-missing', severity: 'error', problem: `The topic ${missing.name} does not exist.` },
    {
      rule: 'topic-durability',
      severity: 'warning',
      problem: `The topic ${frail.name} has one replica and min.insync.replicas 1.`,
    },
  ]);
  // It only looked.
  expect((await admin.compareTopics([missing]))[0]?.outcome).toBe('missing');
});

it('leaves declarations alone on a cluster that has none of these topics', async () => {
  const found = await checkTopics({ brokers }, [declared({})]);
  expect(found.map(({ rule }) => rule)).not.toContain('topic-missing');
});
