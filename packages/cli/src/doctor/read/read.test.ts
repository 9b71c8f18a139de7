import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseProperties } from '../../text/properties.ts';
import { examine } from '../doctor.ts';
import { composeNodes } from './compose.ts';
import { readNodes } from './inputs.ts';

describe('a .properties file', () => {
  it.each<[string, unknown]>([
    ['a=1', [{ name: 'a', value: '1', line: 1 }]],
    [
      '# c\n! c\n\n  a = 1 \nb:2\nc 3\nd',
      [
        { name: 'a', value: '1', line: 4 },
        { name: 'b', value: '2', line: 5 },
        { name: 'c', value: '3', line: 6 },
        { name: 'd', value: '', line: 7 },
      ],
    ],
    [
      'a=1,\\\n   2\nb=3',
      [
        { name: 'a', value: '1,2', line: 1 },
        { name: 'b', value: '3', line: 3 },
      ],
    ],
    [
      'a\\=b=c\\\\\nd=\\u00e9',
      [
        { name: 'a=b', value: 'c\\', line: 1 },
        { name: 'd', value: 'é', line: 2 },
      ],
    ],
    [
      'url=PLAINTEXT://:9092\r\nx=1',
      [
        { name: 'url', value: 'PLAINTEXT://:9092', line: 1 },
        { name: 'x', value: '1', line: 2 },
      ],
    ],
  ])('is read as Java does it: %j', (text, expected) => {
    expect(parseProperties(text)).toEqual(expected);
  });
});

describe('compose files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'brew-compose-'));
    await writeFile(join(folder, 'server.properties'), 'min.insync.replicas=2\nnum.partitions=6\n');
    await writeFile(join(folder, '.env'), 'PORT=9999\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const nodesOf = (texts: string[], env = {}) =>
    composeNodes(
      texts.map((text, index) => ({ path: join(folder, `${index}.yml`), text })),
      env,
    );

  const base = `x-env: &env
  KAFKA_PROCESS_ROLES: broker,controller
  CLUSTER_ID: one
services:
  a:
    environment:
      <<: *env
      KAFKA_NODE_ID: 1
      KAFKA_NUM_PARTITIONS: 12
    ports: ["127.0.0.1:\${PORT:-1}:9094", { target: 9, published: 8 }]
    volumes: ["./:/mnt/shared/config:ro"]
  b:
    environment: [KAFKA_CFG_NODE_ID=2, "KAFKA_A__B___C=x"]
  app:
    environment: { KAFKA_BROKERS: a:9092 }
`;

  it('have a node for each Kafka service, with what anchors, lists and mounted files say, and its line', async () => {
    const [a, b, ...others] = await nodesOf([base]);
    expect(others).toEqual([]);
    expect(a).toMatchObject({ name: 'a', container: true, clusterId: { value: 'one', line: 3 } });
    expect(Object.fromEntries(a?.settings ?? [])).toMatchObject({
      'process.roles': { value: 'broker,controller', file: join(folder, '0.yml'), line: 2 },
      'node.id': { value: '1', line: 8 },
      'num.partitions': { value: '12', line: 9 },
      'min.insync.replicas': { value: '2', file: join(folder, 'server.properties'), line: 1 },
    });
    expect(a?.published).toMatchObject([
      { hostIp: '127.0.0.1', hostPort: 9999, containerPort: 9094, line: 10 },
      { hostIp: '0.0.0.0', hostPort: 8, containerPort: 9 },
    ]);
    expect(b?.settings.get('node.id')?.value).toBe('2');
    expect(b?.settings.get('a_b-c')?.value).toBe('x');
  });

  it('are put together, the later one over the earlier one', async () => {
    const [a] = await nodesOf([base, 'services: { a: { environment: { KAFKA_NODE_ID: "7" } } }'], {
      PORT: '5',
    });
    expect(a?.settings.get('node.id')).toEqual({ value: '7', file: join(folder, '1.yml'), line: 1 });
    expect(a?.settings.get('process.roles')?.value).toBe('broker,controller');
    expect(a?.published[0]?.hostPort).toBe(5);
  });

  it('are found to clash on ports of the host, and to be of two clusters', async () => {
    const node = (id: number, cluster: string) => `
  kafka-${id}:
    ports: ["19092:9094"]
    environment:
      CLUSTER_ID: ${cluster}
      KAFKA_NODE_ID: ${id}
      KAFKA_PROCESS_ROLES: broker,controller
      KAFKA_CONTROLLER_QUORUM_VOTERS: 1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093
      KAFKA_LISTENERS: PLAINTEXT://:9092,CONTROLLER://:9093
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka-${id}:9092
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_DEFAULT_REPLICATION_FACTOR: 3
      KAFKA_MIN_INSYNC_REPLICAS: 2
      KAFKA_LOG_DIRS: /data`;
    const nodes = await nodesOf([
      `services:${node(1, 'a')}${node(2, 'a')}${node(3, 'b').replace('19092', '19093')}`,
    ]);
    expect(examine(nodes)).toMatchObject([
      {
        rule: 'listener-clash',
        line: 16,
        problem: 'kafka-2 takes port 19092 of the host, and so does kafka-1.',
      },
      { rule: 'cluster-id-differs', line: 31 },
    ]);
  });
});

describe('files', () => {
  it.each([
    [
      '/nowhere/server.properties',
      /\/nowhere\/server\.properties can not be read: there is no such file\. Look/,
    ],
    [tmpdir(), /it is a folder/],
    [
      new URL('../../../../../pnpm-workspace.yaml', import.meta.url).pathname,
      /no service in it is a Kafka node/,
    ],
  ])('that can not be read are named: %s', async (file, message) => {
    await expect(readNodes([file], {})).rejects.toThrow(message);
  });

  it('that are no YAML are named', async () => {
    await expect(composeNodes([{ path: 'x.yml', text: 'a: [1' }], {})).rejects.toThrow(
      /^x\.yml can not be read: /,
    );
  });
});

describe('what Brew ships', () => {
  const path = (file: string) => new URL(`../../../../../${file}`, import.meta.url).pathname;
  it.each([[['docker-compose.yml']], [['docker-compose.yml', 'infra/kafka/dedicated/docker-compose.yml']]])(
    'is in order: %j',
    async (files) => {
      const nodes = await readNodes(files.map(path), {});
      expect(nodes).toHaveLength(files.length * 3);
      expect(examine(nodes)).toEqual([]);
    },
  );
});
