import { deadLetterTopic, type TopicDeclaration, topics } from '@brew/events';
import { expect, test } from '@jest/globals';
import { defaultPorts } from '../ports.ts';
import { kafkaNodes, propertiesOf, toProperties } from './nodes.ts';

const nodes = kafkaNodes('/data', defaultPorts, 'combined');

test('three nodes, each with its ports and folder, know the same three voters', () => {
  expect(nodes.map(({ name, port, data }) => ({ name, port, data }))).toEqual([
    { name: 'kafka-1', port: 19092, data: '/data/data/kafka-1' },
    { name: 'kafka-2', port: 19093, data: '/data/data/kafka-2' },
    { name: 'kafka-3', port: 19094, data: '/data/data/kafka-3' },
  ]);
  const voters = nodes.map(({ settings }) => settings['controller.quorum.voters']);
  expect(new Set(voters)).toEqual(new Set(['1@127.0.0.1:19292,2@127.0.0.1:19293,3@127.0.0.1:19294']));
});

test('a node advertises itself to clients and brokers, and its controller to nobody', () => {
  expect(nodes[1]?.settings).toMatchObject({
    'node.id': '2',
    listeners: 'EXTERNAL://127.0.0.1:19093,INTERNAL://127.0.0.1:19193,CONTROLLER://127.0.0.1:19293',
    'advertised.listeners': 'EXTERNAL://127.0.0.1:19093,INTERNAL://127.0.0.1:19193',
  });
});

test('in dedicated mode three controllers vote, and three brokers with the same ids as ever do not', () => {
  const apart = kafkaNodes('/data', defaultPorts, 'dedicated');
  expect(apart.map(({ id, name, port, votes }) => ({ id, name, port, votes }))).toEqual([
    { id: 101, name: 'controller-1', port: 19292, votes: true },
    { id: 102, name: 'controller-2', port: 19293, votes: true },
    { id: 103, name: 'controller-3', port: 19294, votes: true },
    { id: 1, name: 'kafka-1', port: 19092, votes: false },
    { id: 2, name: 'kafka-2', port: 19093, votes: false },
    { id: 3, name: 'kafka-3', port: 19094, votes: false },
  ]);
  const voters = '101@127.0.0.1:19292,102@127.0.0.1:19293,103@127.0.0.1:19294';
  for (const { settings } of apart) expect(settings['controller.quorum.voters']).toBe(voters);
  expect(apart[0]?.settings).toMatchObject({
    'process.roles': 'controller',
    listeners: 'CONTROLLER://127.0.0.1:19292',
  });
  expect(apart[0]?.settings).not.toHaveProperty('advertised.listeners');
  expect(apart[3]?.settings).toMatchObject({
    'process.roles': 'broker',
    listeners: 'EXTERNAL://127.0.0.1:19092,INTERNAL://127.0.0.1:19192',
  });
});

test('how far a group is outlives all that it could have read', async () => {
  const [node] = nodes;
  if (!node) throw new Error('there are three');
  const minutes = /^offsets\.retention\.minutes=(\d+)$/m.exec(await propertiesOf(node))?.[1];
  const kept: TopicDeclaration[] = [...Object.values(topics), deadLetterTopic('any')];
  const longestMs = Math.max(...kept.map(({ config }) => Number(config['retention.ms'] ?? 0)));
  expect(longestMs).toBeGreaterThan(0);
  expect(Number(minutes) * 60_000).toBeGreaterThan(10 * longestMs);
});

test('nothing that was acknowledged is lost with one broker, and no topic comes by itself', async () => {
  const [node] = nodes;
  if (!node) throw new Error('there are three');
  expect((await propertiesOf(node)).split('\n')).toEqual(
    expect.arrayContaining([
      'default.replication.factor=3',
      'min.insync.replicas=2',
      'offsets.topic.replication.factor=3',
      'transaction.state.log.replication.factor=3',
      'transaction.state.log.min.isr=2',
      'unclean.leader.election.enable=false',
      'auto.create.topics.enable=false',
      'node.id=1',
      'log.dirs=/data/data/kafka-1',
    ]),
  );
});

test.each([
  ['a backslash, which would be taken for an escape itself', 'C:\\brew', 'C:\\\\brew'],
  [
    'letters beyond Latin-1, two of which take two units',
    '/Кофе ☕/𝔅/é',
    '/\\u041a\\u043e\\u0444\\u0435 \\u2615/\\ud835\\udd05/\\u00e9',
  ],
  ['a blank at the beginning, which would be dropped', ' a b', '\\ a b'],
])('escapes for Java %s', (_what, value, escaped) => {
  expect(toProperties({ 'log.dirs': value })).toBe(`log.dirs=${escaped}\n`);
});
