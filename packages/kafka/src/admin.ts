import { BrewError, type TopicDeclaration } from '@brew/events';
import type { Logger } from 'pino';
import { compareTopics, ensureTopics, partitionsOf } from './admin/ensureTopics.ts';
import { forgetGroup, removeTopic } from './admin/removals.ts';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { delay, within } from './delay.ts';
import { BrokerUnavailableError, TopicMissingError } from './errors.ts';
import { createCluster } from './reader/cluster.ts';
import { committedOffsets } from './reader/commit.ts';
import { listOffsets } from './reader/offsets.ts';
import type { TopicPartition } from './record.ts';

export interface ClusterDescription {
  clusterId: string;
  brokers: { nodeId: number; host: string; port: number }[];
  /** The broker that passes requests on to the quorum's leader. In KRaft it is any broker, not the leader itself. */
  controllerProxy: number | undefined;
}

export interface TopicDescription {
  name: string;
  partitions: { partition: number; leader: number; replicas: number[]; inSync: number[] }[];
}

export interface TopicOutcome {
  topic: string;
  outcome: 'created' | 'exists' | 'differs' | 'missing';
  /** For `differs`: what is not as declared, a sentence each. */
  differences: string[];
}

export interface PartitionOffsets {
  partition: number;
  /** The first offset that is still there. */
  earliest: bigint;
  /** The offset that the next record will get. */
  latest: bigint;
}

interface GroupPosition extends TopicPartition {
  /** Where the group goes on reading; undefined when it hasn't committed yet. */
  committed: bigint | undefined;
}

export interface PartitionLag extends GroupPosition {
  /** Of the topic that the committed offset is of, where whoever committed it has said so: one that was made anew has another id. */
  topicId?: string | undefined;
  latest: bigint;
  /** How many records are ahead of the group. */
  lag: bigint;
}

export interface Admin extends AsyncDisposable {
  /**
   * Creates what is missing and compares what is there: partitions, replicas and every declared setting. Changes
   * nothing that exists.
   * @param replicationFactor in place of the declared one, for clusters with fewer than three brokers
   * @throws TopicRefusedError
   */
  ensureTopics(
    declarations: readonly TopicDeclaration[],
    options?: { replicationFactor?: number },
  ): Promise<TopicOutcome[]>;
  /** As ensureTopics does it, without creating anything. */
  compareTopics(declarations: readonly TopicDeclaration[]): Promise<TopicOutcome[]>;
  /** Waits with backoff until that many brokers are registered. Rejects only when `signal` is aborted. */
  waitForBrokers(count: number, signal?: AbortSignal): Promise<ClusterDescription>;
  describeCluster(): Promise<ClusterDescription>;
  /** All topics but Kafka's own, or the named ones. */
  describeTopics(names?: readonly string[]): Promise<TopicDescription[]>;
  topicOffsets(topic: string): Promise<PartitionOffsets[]>;
  /** Of every partition of these topics, also of those that nobody leads. */
  groupPositions(group: string, topics: readonly string[]): Promise<GroupPosition[]>;
  /** Of every partition that the group has ever committed. */
  groupLag(group: string): Promise<PartitionLag[]>;
  /** Deletes a topic with all that is in it, if there is one. @throws TopicRefusedError */
  removeTopic(topic: string): Promise<void>;
  /**
   * Deletes a group's offsets: under that name everything is read anew. Waits, for 20 s at most, for members that were killed; their
   * sessions have to be over. A group that there is not is forgotten already.
   * @throws BrokerUnavailableError also when it still has members then
   */
  forgetGroup(group: string): Promise<void>;
  close(): Promise<void>;
}

const RETRY = { initialMs: 200, maxMs: 2_000 };

/**
 * Asks and arranges the cluster. Connects with the first call.
 * Every method throws BrokerUnavailableError when no broker answers, TopicMissingError for unknown topics, and ReadRefusedError.
 */
export function createAdmin({ client, log }: { client: KafkaClient; log: Logger }): Admin {
  const cluster = createCluster(client);
  const { brokers } = cluster;

  async function ask<Answer>(doing: string, question: () => Promise<Answer>): Promise<Answer> {
    try {
      return await question();
    } catch (error) {
      throw error instanceof BrewError ? error : new BrokerUnavailableError(doing, error);
    }
  }

  async function describeCluster(): Promise<ClusterDescription> {
    const { clusterId, brokers: known, controllerId } = await brokers.metadata('describe the cluster', []);
    return {
      clusterId: clusterId ?? '',
      brokers: known.map(({ nodeId, host, port }) => ({ nodeId, host, port })),
      controllerProxy: controllerId < 0 ? undefined : controllerId,
    };
  }

  /** Where the partitions of topics begin, and behind which offset they end. */
  async function ranges(topics: readonly string[]) {
    if (topics.length === 0) return [];
    const [earliest, written] = await Promise.all([
      listOffsets(cluster, { topics }, 'earliest'),
      listOffsets(cluster, { topics }, 'written'),
    ]);
    return written.map(({ topic, partition, offset: latest }) => {
      const first = earliest.find((each) => each.topic === topic && each.partition === partition);
      return { topic, partition, earliest: first?.offset ?? 0n, latest };
    });
  }

  async function groupLag(group: string): Promise<PartitionLag[]> {
    const committed = await committedOffsets(brokers, group);
    const topics = [...new Set(committed.map(({ topic }) => topic))];
    const there = await partitionsOf(brokers, topics);
    return (await ranges([...there.keys()])).map(({ earliest, latest, ...at }) => {
      const known = committed.find((each) => each.topic === at.topic && each.partition === at.partition);
      return {
        ...at,
        committed: known?.offset,
        topicId: known?.topicId,
        latest,
        lag: latest - (known?.offset ?? earliest),
      };
    });
  }

  return {
    ensureTopics: (declarations, { replicationFactor } = {}) =>
      ask('create the topics', () => ensureTopics(brokers, declarations, replicationFactor)),
    compareTopics: (declarations) => ask('compare the topics', () => compareTopics(brokers, declarations)),
    describeCluster,
    async waitForBrokers(count, signal) {
      for (let failures = 1; ; failures++) {
        signal?.throwIfAborted();
        try {
          const described = await describeCluster();
          if (described.brokers.length >= count) return described;
        } catch (error) {
          log.debug({ err: error }, 'waiting for brokers');
        }
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    },
    describeTopics: (names) =>
      ask('describe topics', async () => {
        const found = await partitionsOf(brokers, names);
        const missing = names?.filter((name) => !found.has(name)) ?? [];
        if (missing.length > 0) throw new TopicMissingError(missing);
        return [...found]
          .filter(([name]) => names || !name.startsWith('__'))
          .map(([name, partitions]) => ({ name, partitions }));
      }),
    topicOffsets: (topic) =>
      ask(`read the offsets of ${topic}`, async () =>
        (await ranges([topic])).map(({ topic: _, ...range }) => range),
      ),
    groupPositions: (group, topics) =>
      ask(`read the offsets of ${group}`, async () => {
        await cluster.refresh(topics);
        const committed = await committedOffsets(brokers, group);
        return topics.flatMap((topic) =>
          cluster.partitionsOf(topic).map((partition) => {
            const known = committed.find((each) => each.topic === topic && each.partition === partition);
            return { topic, partition, committed: known?.offset };
          }),
        );
      }),
    groupLag: (group) => ask(`read the lag of ${group}`, () => groupLag(group)),
    removeTopic: (topic) => ask(`delete ${topic}`, () => removeTopic(brokers, topic)),
    forgetGroup: (group) => ask(`delete the group ${group}`, () => forgetGroup(brokers, group)),
    async close() {
      await within(5_000, cluster.close());
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}
