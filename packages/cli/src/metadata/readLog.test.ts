import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import type { StartDump } from './dump.ts';
import { readLog } from './readLog.ts';
import { renderReport, renderTopic } from './renderMetadata.ts';
import { reportOf, topicMetadata } from './report.ts';
import type { LogFile } from './source/nodeLog.ts';

// What Kafka 4.2 printed of these two files.
const dumped = fileURLToPath(new URL('./testing/dump.txt', import.meta.url));
const start: StartDump = async () => spawn('cat', [dumped]);
const snapshot: LogFile = {
  ...{ name: '00000000000000008438-0000000002.checkpoint', path: '', kind: 'snapshot' },
  ...{ offset: 8438, bytes: 123_080 },
};
const log: LogFile = {
  ...{ name: '00000000000000000000.log', path: '', kind: 'log', offset: 0, bytes: 2_011_156 },
};
const topic = 'brew.orders.v1-66c99cb3';
const place = '/data/kafka-1/__cluster_metadata-0';
const source = { node: 'kafka-1', place };
const look = { columns: 0, paint: plain };
const signal = new AbortController().signal;
const read = (files: LogFile[]) => readLog(files, start, { topic, signal });

describe('a log from its beginning', () => {
  it('is counted by type, beside its snapshot', async () => {
    const report = reportOf(source, await read([snapshot, log]));
    expect(report).toMatchObject({ topics: 1, partitions: 2 });
    expect(report.counts.find(({ type }) => type === 'ConfigRecord')).toEqual({
      type: 'ConfigRecord',
      log: 3,
      snapshot: 4,
    });
    expect(renderReport(report, look).slice(0, 6)).toEqual([
      'FILE                                        OFFSETS            RECORDS       SIZE',
      '00000000000000008438-0000000002.checkpoint  the state at 8437       10  120.2 KiB',
      '00000000000000000000.log                    0-34652                 18    1.9 MiB',
      '',
      'RECORD                  LOG  SNAPSHOT',
      'PartitionChangeRecord     5         0',
    ]);
  });

  it("has a topic's records in their order, and what they make of its partitions, without the snapshot's", async () => {
    const reading = await read([snapshot, log]);
    const report = topicMetadata(source, reading, topic);
    expect(report.records.map(({ offset }) => offset)).toEqual([
      2636, 2637, 2640, 2641, 2642, 2643, 9739, 9740, 10_599, 11_459, 12_328,
    ]);
    expect(report.partitions).toMatchObject([
      {
        ...{ partition: 0, replicas: [1, 2, 3], isr: [], leader: null, eligible: [2] },
        ...{ leaderEpoch: 3, partitionEpoch: 4 },
      },
      { partition: 1, replicas: [2, 3, 1], isr: [2, 3], leader: 2, leaderEpoch: 0, partitionEpoch: 1 },
    ]);
    const text = renderTopic(report, reading, look).join('\n');
    expect(text).toContain('00000000000000000000.log, the log from offset 0 on\n');
    expect(text).toMatch(/ {2}2640 .* ConfigRecord +unclean\.leader\.election\.enable = false\n/);
    expect(text).toMatch(/ 10599 .* PartitionChangeRecord +0: leader 3, in sync \[3], eligible \[2]\n/);
    expect(text).toMatch(/\n +0 +none +3 {2}1 2 3 +none +2 +4\n/);
  });
});

describe('a log whose beginning is gone', () => {
  it('begins with the state in the snapshot, and says so', async () => {
    // As if it had the changes at 9739 and 9740 in it.
    const later = { ...snapshot, offset: 10_000 };
    const reading = await read([later, { ...log, offset: 8_000 }]);
    const report = topicMetadata(source, reading, topic);
    expect(report.records.slice(0, 3).map(({ file, type }) => [file, type])).toEqual([
      [snapshot.name, 'TopicRecord'],
      [snapshot.name, 'PartitionRecord'],
      [snapshot.name, 'PartitionRecord'],
    ]);
    expect(report.partitions).toMatchObject([
      { partition: 0, leader: null, leaderEpoch: 2, partitionEpoch: 3 },
      { partition: 1, leader: 2, leaderEpoch: 0, partitionEpoch: 0 },
    ]);
    expect(renderTopic(report, reading, look)).toContain(
      `${snapshot.name}, a snapshot: the state at offset 9999, as the log before it is gone`,
    );
  });
});

it('a topic that no record tells of is answered with those that are like it', async () => {
  const reading = await read([snapshot, log]);
  expect(() => topicMetadata(source, reading, 'brew.order.v1-66c99cb3')).toThrow(
    `No record in ${place} tells of a topic brew.order.v1-66c99cb3. Did you mean ${topic}?`,
  );
  expect(() => topicMetadata(source, reading, 'clicks')).toThrow(/Look at its name: npx brew topics\.$/);
});

it("what the tool says is shown when it can't read a file", async () => {
  const failing: StartDump = async () => spawn('sh', ['-c', 'echo no such segment >&2; exit 1']);
  await expect(readLog([log], failing, { topic, signal })).rejects.toThrow(/it said:\nno such segment$/);
});
