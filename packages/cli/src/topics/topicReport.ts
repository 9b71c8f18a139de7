import {
  type ByPartition,
  type OffsetRange,
  partitionKey,
  type TopicPartitions,
  type TopicSetting,
} from '@brew/kafka/inspect';

/** A topic as it is now: what `brew topics --json` prints. Null is what nobody tells at the moment. */
export interface TopicReport {
  name: string;
  /** One of Kafka's own. */
  internal: boolean;
  partitions: PartitionReport[];
  /** Offsets that are there: at least as many as records, since compaction and transactions leave gaps. */
  records: number | null;
  /** Of one copy, as the leaders have it. */
  bytes: number | null;
  /** Of all copies. */
  bytesOnDisk: number | null;
  /** Partitions that lack a replica that is in sync; and those that can't be used at all. */
  underReplicated: number;
  leaderless: number;
  /** Those that are not as Kafka has them by itself; left out unless asked for. */
  settings?: TopicSetting[];
}

export interface PartitionReport {
  partition: number;
  leader: number | null;
  replicas: number[];
  inSync: number[];
  /** The first offset that is there, and the one behind the last. */
  earliest: number | null;
  latest: number | null;
  bytes: number | null;
}

export interface TopicFacts {
  ranges: ByPartition<OffsetRange>;
  sizes: ByPartition<Map<number, number>>;
  settings?: ReadonlyMap<string, TopicSetting[]>;
}

export function topicReport(topic: TopicPartitions, { ranges, sizes, settings }: TopicFacts): TopicReport {
  const { name, internal } = topic;
  const partitions = topic.partitions.map(({ partition, leader, replicas, inSync }): PartitionReport => {
    const range = ranges.get(partitionKey(name, partition));
    const size = sizes.get(partitionKey(name, partition));
    return {
      partition,
      leader: leader ?? null,
      replicas,
      inSync,
      earliest: range ? Number(range.earliest) : null,
      latest: range ? Number(range.latest) : null,
      bytes: (leader === undefined ? undefined : size?.get(leader)) ?? null,
    };
  });
  const copies = topic.partitions.flatMap(({ partition }) => [
    ...(sizes.get(partitionKey(name, partition))?.values() ?? []),
  ]);
  const found = settings
    ?.get(name)
    ?.filter((each) => each.source !== 'default' && each.value !== each.default);
  return {
    name,
    internal,
    partitions,
    records: sumOf(partitions.map(recordsOf)),
    bytes: sumOf(partitions.map(({ bytes }) => bytes)),
    bytesOnDisk: copies.length === 0 ? null : sumOf(copies),
    underReplicated: topic.partitions.filter(({ inSync, replicas }) => inSync.length < replicas.length)
      .length,
    leaderless: topic.partitions.filter(({ leader }) => leader === undefined).length,
    ...(found && { settings: found.sort((a, b) => a.name.localeCompare(b.name)) }),
  };
}

export const recordsOf = ({ earliest, latest }: PartitionReport): number | null =>
  earliest === null || latest === null ? null : latest - earliest;

/** Whether every partition that has a leader has told what it holds. */
export const allTold = ({ partitions }: TopicReport): boolean =>
  partitions.every((partition) => partition.leader === null || recordsOf(partition) !== null);

/** A sum is only known when all its parts are. */
function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}
