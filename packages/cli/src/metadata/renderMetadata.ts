import { bytes, clock, counted, cut, fit, grouped, type Paint, titledTable } from '../text/format.ts';
import type { Catalog } from './catalog.ts';
import { describeRecord } from './describeRecord.ts';
import type { DumpedRecord } from './dump.ts';
import type { MetadataRecord } from './parseDump.ts';
import type { ReadFile, Reading } from './readLog.ts';
import type { MetadataReport, TopicMetadata } from './report.ts';

interface Look {
  columns: number;
  paint: Paint;
}

/** The files, what is in them by type, and what that makes. */
export function renderReport(report: MetadataReport, { columns, paint }: Look): string[] {
  const { files, counts, topics, partitions } = report;
  const snapshot = files.some(({ kind }) => kind === 'snapshot');
  return [
    ...titledTable(
      ['FILE', 'OFFSETS', 'RECORDS', 'SIZE'],
      files.map((file) => [file.name, offsetsOf(file), grouped(file.records), bytes(file.bytes)]),
      { paint, numeric: [2, 3], columns },
    ),
    '',
    ...titledTable(
      ['RECORD', 'LOG', ...(snapshot ? ['SNAPSHOT'] : [])],
      counts.map((count) => [count.type, grouped(count.log), ...(snapshot ? [grouped(count.snapshot)] : [])]),
      { paint, numeric: [1, 2], columns },
    ),
    '',
    `They make ${counted(topics, 'topic')} with ${counted(partitions, 'partition')}.`,
  ];
}

function offsetsOf({ kind, firstOffset, lastOffset }: ReadFile): string {
  if (lastOffset === null) return 'none yet';
  return kind === 'log' ? `${firstOffset}-${lastOffset}` : `the state at ${lastOffset}`;
}

/** A topic's records, file by file, and what they make of its partitions. */
export function renderTopic(report: TopicMetadata, reading: Reading, { columns, paint }: Look): string[] {
  const { topic, ids, deleted, partitions } = report;
  const state = deleted ? paint('yellow', 'deleted') : counted(partitions.length, 'partition');
  const files = reading.files.filter(({ name }) => reading.records.some(({ file }) => file === name));
  return [
    `${paint('bold', topic)}: ${state}, ${ids.length === 1 ? 'id' : 'ids'} ${ids.join(', ')}`,
    ...files.flatMap((file) => ['', ...renderRecords(topic, file, reading, { columns, paint })]),
    ...(partitions.length === 0 ? [] : ['', ...renderPartitions(report, { columns, paint })]),
  ];
}

function renderRecords(
  topic: string,
  file: ReadFile,
  { records, catalog }: Reading,
  { columns, paint }: Look,
): string[] {
  const own = records.flatMap((each) => (each.file === file.name ? [each.record] : []));
  const snapshot = file.kind === 'snapshot';
  const what = snapshot
    ? `a snapshot: the state at offset ${file.lastOffset}, as the log before it is gone`
    : `the log from offset ${file.firstOffset} on`;
  return [
    cutTo(`${file.name}, ${what}`, columns),
    ...titledTable(
      [snapshot ? 'PLACE' : 'OFFSET', 'TIME', 'RECORD', 'WHAT'],
      own.map((record) => [
        String(record.offset),
        timeOf(record),
        record.type,
        describeRecord(record, catalog, topic),
      ]),
      { paint, numeric: [0], columns },
    ),
  ];
}

function renderPartitions({ partitions }: TopicMetadata, { columns, paint }: Look): string[] {
  const moving = partitions.some(({ adding, removing }) => adding.length + removing.length > 0);
  return titledTable(
    [
      'PARTITION',
      'LEADER',
      'EPOCH',
      'REPLICAS',
      'IN SYNC',
      'ELIGIBLE',
      'CHANGES',
      ...(moving ? ['ADDING', 'REMOVING'] : []),
    ],
    partitions.map(
      ({ partition, leader, leaderEpoch, replicas, isr, eligible, partitionEpoch, adding, removing }) => [
        String(partition),
        leader === null ? paint('red', 'none') : String(leader),
        String(leaderEpoch),
        replicas.join(' '),
        isr.length === replicas.length ? isr.join(' ') : paint('yellow', isr.join(' ') || 'none'),
        eligible.join(' ') || '-',
        String(partitionEpoch),
        ...(moving ? [adding.join(' ') || '-', removing.join(' ') || '-'] : []),
      ],
    ),
    { paint, numeric: [0, 1, 2, 6], columns },
  );
}

/** A record that has just been written, in a line. */
export function renderRecord({ record }: DumpedRecord, catalog: Catalog, { columns, paint }: Look): string {
  const line = [
    fit(String(record.offset), 8, 'right'),
    clock(record.time, 'ms'),
    paint('cyan', fit(record.type, 21)),
    describeRecord(record, catalog),
  ].join('  ');
  return cutTo(line, columns);
}

const cutTo = (line: string, columns: number): string => (columns > 0 ? cut(line, columns) : line);

/** The day only of what was not today. */
function timeOf({ time }: MetadataRecord): string {
  const today = time.toDateString() === new Date().toDateString();
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return today ? clock(time, 'ms') : `${day.join('-')} ${clock(time)}`;
}
