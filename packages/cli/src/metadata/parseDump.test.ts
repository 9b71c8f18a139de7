import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { type DumpLine, parseDumpLine } from './parseDump.ts';

// Lines that Kafka 4.2 printed of a snapshot and of a log whose last batch was just being written.
const text = await readFile(new URL('./testing/dump.txt', import.meta.url), 'utf8');
const lines = text.split('\n').map(parseDumpLine);
const all = <Kind extends DumpLine['kind']>(kind: Kind) =>
  lines.filter((line): line is Extract<DumpLine, { kind: Kind }> => line?.kind === kind);
const records = all('record').map(({ record }) => record);

const lineOf = (type: string, data: object) =>
  `| offset: 7 CreateTime: 1795271615322 keySize: -1 valueSize: 9 sequence: -1 headerKeys: [] payload: ${JSON.stringify({ type, version: 0, data })}`;

describe('what DumpLogSegments prints', () => {
  it('is read as files, batches and records', () => {
    expect(all('file').map(({ path }) => path)).toEqual([
      '__cluster_metadata-0/00000000000000008438-0000000002.checkpoint',
      '__cluster_metadata-0/00000000000000000000.log',
    ]);
    expect(all('batch').at(-1)).toEqual({ kind: 'batch', nextOffset: 34_653, end: 2_011_156 });
    expect(records.filter(({ type }) => type === 'TopicRecord')).toEqual(
      [854, 2636].map((offset) => ({
        offset,
        time: new Date(offset === 854 ? 1_795_275_216_125 : 1_795_272_924_490),
        type: 'TopicRecord',
        data: { name: 'brew.orders.v1-66c99cb3', topicId: '4Vdc5A-ORZWmksovE7gzyw' },
      })),
    );
  });

  it('names all records as the schemas of Kafka do, those of the quorum too', () => {
    expect(records.map(({ type }) => type)).not.toContain('Unreadable');
    expect([...new Set(records.map(({ type }) => type))].sort()).toEqual([
      'BeginTransactionRecord',
      'ClearElrRecord',
      'ConfigRecord',
      'EndTransactionRecord',
      'FeatureLevelRecord',
      'LeaderChange',
      'NoOpRecord',
      'PartitionChangeRecord',
      'PartitionRecord',
      'RegisterBrokerRecord',
      'SnapshotFooter',
      'SnapshotHeader',
      'TopicRecord',
    ]);
  });

  it('says nothing of records where it tells of a batch that is being written', () => {
    expect(parseDumpLine('Found 22 invalid bytes at the end of 00000000000000000000.log')).toBeUndefined();
    expect(parseDumpLine('| offset: 7 CreateTi')).toBeUndefined();
  });

  it('keeps a record that is newer than the tool', () => {
    const line = `${lineOf('X', {}).split('payload: ')[0]}payload: Error at 7, skipping. Unknown metadata id 99`;
    expect(parseDumpLine(line)).toMatchObject({
      record: { offset: 7, type: 'Unreadable', data: { problem: expect.stringContaining('id 99') } },
    });
  });

  it.each<[string, object, object]>([
    [
      'USER_SCRAM_CREDENTIAL_RECORD',
      { name: 'ada', salt: 'a', storedKey: 'b', serverKey: 'c', iterations: 4096 },
      { name: 'ada', salt: '(secret)', storedKey: '(secret)', serverKey: '(secret)', iterations: 4096 },
    ],
    [
      'CONFIG_RECORD',
      { resourceType: 4, resourceName: '1', name: 'ssl.key.password', value: 'x' },
      { resourceType: 4, resourceName: '1', name: 'ssl.key.password', value: '(secret)' },
    ],
  ])('never has the secrets of a %s', (type, data, expected) => {
    expect(parseDumpLine(lineOf(type, data))).toMatchObject({ record: { data: expected } });
  });
});
