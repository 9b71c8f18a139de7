import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { type LoneNode, startLoneNode } from '@brew/sandbox/testing/loneNode';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { collect } from '../testing/collect.ts';
import { type MetadataOptions, metadata } from './metadata.ts';
import type { MetadataReport, PrintedRecord, TopicMetadata } from './report.ts';
import { filesOf } from './source/nodeLog.ts';

const [early, late] = [uniqueName('early'), uniqueName('late')];
// More than fits into a segment of that node.
const partitions = 40;
let node: LoneNode;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'brew-metadata-test-'));
  node = await startLoneNode({
    // A snapshot and a new segment every few records.
    settings: () => ({
      'internal.metadata.log.segment.bytes': '4000',
      'metadata.log.max.record.bytes.between.snapshots': '4000',
    }),
  });
  await create(early);
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

async function create(name: string): Promise<void> {
  const log = pino({ level: 'silent' });
  const brokers = [`127.0.0.1:${node.port}`];
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  await admin.waitForBrokers(1);
  const config = { 'retention.ms': '1000000' };
  await admin.ensureTopics([{ name, partitions, replicationFactor: 3, config }], { replicationFactor: 1 });
}

async function shown<Report>(options: MetadataOptions): Promise<Report> {
  const { io, lines } = collect();
  await metadata({ ...options, json: true }, scratch, io, new AbortController().signal);
  return JSON.parse(lines.join('\n'));
}

it('shows a topic that is made while it follows, and later its records with the same offsets', async () => {
  const { io, lines, notes } = collect();
  const stop = new AbortController();
  const following = metadata({ dir: node.data, follow: true, json: true }, scratch, io, stop.signal);
  await until(() => notes.join().includes('Waiting'), { what: 'the end of the log' });
  await create(late);
  const ofLate = () =>
    lines.map((line): PrintedRecord => JSON.parse(line)).filter(({ topic }) => topic === late);
  await until(() => ofLate().length >= partitions + 2, { what: 'the topic' });
  stop.abort();
  await following;
  // Only what was new, and nothing that says nothing.
  expect(lines.join()).not.toContain(early);
  expect(lines.join()).not.toContain('NoOpRecord');

  const { records, partitions: assigned, ids } = await shown<TopicMetadata>({ dir: node.data, topic: late });
  const seen = new Map(ofLate().map((record) => [record.offset, record]));
  expect(records.map((record) => seen.get(record.offset))).toEqual(records);
  expect(records[0]).toMatchObject({ type: 'TopicRecord', data: { name: late, topicId: ids[0] } });
  expect(records.find(({ type }) => type === 'ConfigRecord')?.data).toMatchObject({
    ...{ resourceName: late, name: 'retention.ms', value: '1000000' },
  });
  const offsets = records.map(({ offset }) => offset);
  expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  expect(assigned).toHaveLength(partitions);
  expect(assigned[0]).toMatchObject({ partition: 0, leader: 1, replicas: [1], isr: [1] });
});

it('counts the records of all segments and of the snapshot', async () => {
  const log = join(node.data, '__cluster_metadata-0');
  await until(async () => (await filesOf(log))[0]?.kind === 'snapshot', { what: 'a snapshot' });
  const { files, counts, topics } = await shown<MetadataReport>({ dir: node.data });
  expect(counts.find(({ type }) => type === 'TopicRecord')?.log).toBe(2);
  expect(counts.find(({ type }) => type === 'PartitionRecord')?.log).toBe(2 * partitions);
  expect(counts.find(({ type }) => type === 'SnapshotHeader')).toMatchObject({ log: 0, snapshot: 1 });
  expect(topics).toBe(2);
  const segments = files.filter(({ kind }) => kind === 'log');
  expect(segments.length).toBeGreaterThan(1);
  expect(segments.slice(1).map(({ firstOffset }) => firstOffset - 1)).toEqual(
    segments.slice(0, -1).map(({ lastOffset }) => lastOffset),
  );
});

it('finds a topic in the snapshot once the segments with its records are gone', async () => {
  const log = join(node.data, '__cluster_metadata-0');
  const { records } = await shown<TopicMetadata>({ dir: node.data, topic: early });
  const made = records[0]?.offset ?? Number.NaN;
  const files = await until(
    async () => {
      const found = await filesOf(log);
      return (found[0]?.kind === 'snapshot' && found[0].offset > made + partitions && found) || undefined;
    },
    { what: 'a snapshot with the topic' },
  );
  // What Kafka leaves of the log when that has grown too large.
  const left = join(scratch, 'node', '__cluster_metadata-0');
  await mkdir(left, { recursive: true });
  for (const { name, path, kind, offset } of files)
    if (kind === 'snapshot' || offset > made) await cp(path, join(left, name));

  const found = await shown<TopicMetadata>({ dir: join(scratch, 'node'), topic: early });
  const inSnapshot = found.records.filter(({ file }) => file.endsWith('.checkpoint'));
  expect(inSnapshot[0]).toMatchObject({ type: 'TopicRecord', data: { name: early } });
  expect(inSnapshot.filter(({ type }) => type === 'PartitionRecord')).toHaveLength(partitions);
  expect(found.partitions).toHaveLength(partitions);
  expect(found.partitions[0]).toMatchObject({ leader: 1, replicas: [1], isr: [1], partitionEpoch: 0 });
  await expect(shown({ dir: join(scratch, 'node'), topic: `${early}x` })).rejects.toThrow(
    `Did you mean ${early}?`,
  );
});

it('says what is missing where there is no log', async () => {
  await mkdir(join(scratch, 'formatted', '__cluster_metadata-0'), { recursive: true });
  await expect(shown({ dir: join(scratch, 'formatted') })).rejects.toThrow(/Start the cluster first/);
  await expect(shown({ dir: join(scratch, 'nothing') })).rejects.toThrow(/there is no such folder/);
  await mkdir(join(scratch, 'empty'));
  await expect(shown({ dir: join(scratch, 'empty') })).rejects.toThrow(/once it was formatted and started/);
  await expect(shown({ dir: node.data, node: 'kafka-9' })).rejects.toThrow(/Take one of: kafka-1\./);
});

it('is not all that is known of a topic: when this broker has not heard of it, another one is asked', async () => {
  const topic = uniqueName('unheard');
  const log = pino({ level: 'silent' });
  const clientOf = (brokers: string[]) => createKafkaClient({ brokers, clientId: 'test', log });
  const others = infrastructure().brokers;
  await using admin = createAdmin({ client: clientOf(others), log });
  await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  await using inspector = createInspector({ client: clientOf([`127.0.0.1:${node.port}`, ...others]) });
  expect(await inspector.topics([topic])).toMatchObject([{ name: topic }]);
});
