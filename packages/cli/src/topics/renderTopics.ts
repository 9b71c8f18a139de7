import { bytes, counted, duration, grouped, type Paint, titledTable } from '../text/format.ts';
import { type PartitionReport, recordsOf, type TopicReport } from './topicReport.ts';

const orDash = <Value>(value: Value | null | undefined, write: (value: Value) => string): string =>
  value === null || value === undefined ? '-' : write(value);

/** All topics, a line each. */
export function renderTopics(topics: readonly TopicReport[], columns: number, paint: Paint): string[] {
  if (topics.length === 0) return ['There are no topics.'];
  return titledTable(
    ['TOPIC', 'PARTITIONS', 'REPLICAS', 'RECORDS', 'SIZE', 'STATE'],
    topics.map((topic) => [
      topic.name,
      String(topic.partitions.length),
      String(Math.max(0, ...topic.partitions.map(({ replicas }) => replicas.length))),
      orDash(topic.records, grouped),
      orDash(topic.bytes, bytes),
      stateOf(topic, paint),
    ]),
    { paint, numeric: [1, 2, 3, 4], columns },
  );
}

function stateOf({ underReplicated, leaderless, records }: TopicReport, paint: Paint): string {
  if (leaderless > 0) return paint('red', `${leaderless} without a leader`);
  if (records === null) return paint('red', 'not known');
  return underReplicated > 0 ? paint('yellow', `${underReplicated} under-replicated`) : 'ok';
}

/** One topic: a sentence, its partitions, and its settings that are not Kafka's defaults. */
export function renderTopic(topic: TopicReport, columns: number, paint: Paint): string[] {
  const { name, partitions, records, bytes: size, bytesOnDisk, settings = [] } = topic;
  const facts = [
    counted(partitions.length, 'partition'),
    records === null ? 'an unknown number of records' : counted(records, 'record'),
    ...(size === null || bytesOnDisk === null
      ? []
      : [`${bytes(size)} (${bytes(bytesOnDisk)} in all replicas)`]),
  ];
  return [
    `${paint('bold', name)}: ${facts.join(', ')}, ${stateOf(topic, paint)}`,
    '',
    ...titledTable(
      ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'EARLIEST', 'LATEST', 'RECORDS', 'SIZE'],
      partitions.map((partition) => rowOf(partition, paint)),
      { paint, numeric: [0, 1, 4, 5, 6, 7], columns },
    ),
    '',
    ...(settings.length === 0
      ? ["All of its settings are Kafka's defaults."]
      : titledTable(
          ['SETTING', 'VALUE', 'DEFAULT', 'SET FOR'],
          settings.map(({ name, value, default: standard, source }) => [
            name,
            value === null ? '(secret)' : readable(name, value),
            orDash(standard, (text) => readable(name, text)),
            source === 'topic' ? 'this topic' : 'all topics',
          ]),
          { paint, columns },
        )),
  ];
}

function rowOf(partition: PartitionReport, paint: Paint): string[] {
  const { leader, replicas, inSync, earliest, latest } = partition;
  const complete = inSync.length === replicas.length;
  return [
    String(partition.partition),
    leader === null ? paint('red', 'none') : String(leader),
    replicas.join(' '),
    complete ? inSync.join(' ') : paint('yellow', inSync.join(' ') || 'none'),
    orDash(earliest, String),
    orDash(latest, String),
    orDash(recordsOf(partition), grouped),
    orDash(partition.bytes, bytes),
  ];
}

/** Times and sizes that no person can read as digits, with what they are: "604800000 (7 days 0 h)". */
function readable(name: string, value: string): string {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || Math.abs(number) >= Number.MAX_SAFE_INTEGER) return value;
  if (name.endsWith('.ms') && number >= 1_000) return `${value} (${duration(number)})`;
  return name.endsWith('.bytes') && number >= 1024 ? `${value} (${bytes(number)})` : value;
}
