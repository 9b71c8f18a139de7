import { inTime } from '../delay.ts';
import { TopicMissingError } from '../errors.ts';
import type { Cluster } from '../reader/cluster.ts';
import { findOffsets, type OffsetAt, type PartitionOffset } from '../reader/offsets.ts';
import type { Brokers, Metadata } from '../wire/brokers.ts';
import { describeLogDirsV4 } from '../wire/protocol.ts';
import { answerOf, isPassing, nameOf, refused } from '../wire/protocolErrors.ts';

export interface TopicPartitions {
  name: string;
  /** Kafka's own, such as __consumer_offsets. */
  internal: boolean;
  partitions: PartitionReplicas[];
}

interface PartitionReplicas {
  partition: number;
  /** Undefined while there is none: then it can neither be written nor read. */
  leader: number | undefined;
  replicas: number[];
  /** Those that have every acknowledged record. */
  inSync: number[];
}

export interface OffsetRange {
  /** The first offset that is still there. */
  earliest: bigint;
  /** The one behind the last record that was written. */
  latest: bigint;
  /** The one behind the last record that can be read: lower while a transaction is open. */
  readable: bigint;
}

/** Facts about partitions, by topic and partition. */
export type ByPartition<Fact> = Map<string, Fact>;
export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Who leads and keeps what; without those that do not exist. @throws BrokerUnavailableError, ReadRefusedError */
export async function describePartitions(
  brokers: Brokers,
  names: readonly string[] | undefined,
): Promise<TopicPartitions[]> {
  const { topics } = await brokers.metadata('describe topics', names ?? null);
  return topics
    .filter(({ errorCode }) => nameOf(errorCode) !== 'UNKNOWN_TOPIC_OR_PARTITION')
    .map(partitionsOf)
    .sort((a, b) => a.name.localeCompare(b.name));
}

function partitionsOf({
  name,
  errorCode,
  isInternal,
  partitions,
}: Metadata['topics'][number]): TopicPartitions {
  if (errorCode !== 0 && !isPassing(errorCode)) throw refused(name ?? 'a topic', errorCode);
  return {
    name: name ?? '',
    internal: isInternal,
    partitions: partitions
      .map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
        partition: partitionIndex,
        leader: leaderId < 0 ? undefined : leaderId,
        replicas: replicaNodes,
        inSync: isrNodes,
      }))
      .sort((a, b) => a.partition - b.partition),
  };
}

/** Whoever takes longer than that to answer is not waited for: frozen, as a rule. */
export const BROKER_PATIENCE_MS = 3_000;

/**
 * Where partitions begin and end; without those that were deleted meanwhile, that nobody leads, or whose leader does not answer in time.
 * @param silent takes these leaders
 */
export async function offsetRanges(
  cluster: Cluster,
  topics: readonly TopicPartitions[],
  silent: Set<number>,
): Promise<ByPartition<OffsetRange>> {
  const led = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ leader }) => leader !== undefined)
      .map(({ partition }) => ({ topic: name, partition })),
  );
  if (led.length === 0) return new Map();
  const find = async (only: typeof led, at: OffsetAt) => {
    const asked = { topics: [...new Set(only.map(({ topic }) => topic))], only };
    const answer = await findOffsets(cluster, asked, at, BROKER_PATIENCE_MS);
    for (const node of answer.silent) silent.add(node);
    return answer.found;
  };
  try {
    const [earliest, written] = await Promise.all([find(led, 'earliest'), find(led, 'written')]);
    // Asked last: what comes between is not held back by a transaction.
    return rangesOf(earliest, written, await find(earliest, 'latest'));
  } catch (error) {
    if (error instanceof TopicMissingError) {
      // Deleted since it was described.
      const { topics: missing } = error;
      const others = topics.filter(({ name }) => !missing.includes(name));
      return offsetRanges(cluster, others, silent);
    }
    throw error;
  }
}

/** Of the partitions of which all is known: a new leader tells where its log begins before it tells where it ends (KIP-207). */
export function rangesOf(
  earliest: readonly PartitionOffset[],
  written: readonly PartitionOffset[],
  readable: readonly PartitionOffset[],
): ByPartition<OffsetRange> {
  const [ends, readableEnds] = [byPartition(written), byPartition(readable)];
  const ranges: ByPartition<OffsetRange> = new Map();
  for (const { topic, partition, offset } of earliest) {
    const key = partitionKey(topic, partition);
    const [latest, end] = [ends.get(key), readableEnds.get(key)];
    if (latest !== undefined && end !== undefined)
      ranges.set(key, { earliest: offset, latest, readable: min(end, latest) });
  }
  return ranges;
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const byPartition = (offsets: readonly PartitionOffset[]): ByPartition<bigint> =>
  new Map(offsets.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]));

/** How many bytes each replica of these topics takes on its broker's disk; brokers that do not answer are left out. */
export async function replicaSizes(
  brokers: Brokers,
  topics: readonly TopicPartitions[],
): Promise<ByPartition<Map<number, number>>> {
  const asked = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((each) => each.partition),
  }));
  const sizes: ByPartition<Map<number, number>> = new Map();
  const ask = async (node: number) => {
    const asking = brokers
      .connectionTo(node)
      .then((connection) => answerOf(describeLogDirsV4.api.async(connection, asked)));
    const { results } = await inTime(BROKER_PATIENCE_MS, asking);
    for (const { name, partitions } of results.flatMap(({ topics }) => topics)) {
      for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
        if (isFutureKey) continue; // a copy that is on its way to another disk of this broker
        const key = partitionKey(name, partitionIndex);
        sizes.set(key, (sizes.get(key) ?? new Map()).set(node, Number(partitionSize)));
      }
    }
  };
  await Promise.allSettled(brokers.nodes().map(ask));
  return sizes;
}
