import type { TopicDeclaration } from '@brew/events';
import type { Logger } from 'pino';
import { compareTopics, ensureTopics } from './admin/ensureTopics.ts';
import { groupLag, groupPositions, topicOffsets } from './admin/offsets.ts';
import { forgetGroup, removeTopic } from './admin/removals.ts';
import { backoff } from './backoff.ts';
import { type KafkaClient, kafkaOf } from './client.ts';
import { delay, within } from './delay.ts';
import { BrokerUnavailableError, kafkaErrorTypeOf, TopicMissingError } from './errors.ts';

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

export interface GroupPosition {
  topic: string;
  partition: number;
  /** Where the group goes on reading; undefined when it hasn't committed yet. */
  committed: bigint | undefined;
}

export interface PartitionLag extends GroupPosition {
  latest: bigint;
  /** How many records are ahead of the group. */
  lag: bigint;
}

export interface Admin extends AsyncDisposable {
  /**
   * Creates what is missing and compares what is there: partitions, replicas and every declared setting. Changes
   * nothing that exists.
   * @param replicationFactor in place of the declared one, for clusters with fewer than three brokers
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
  /** Deletes a topic with all that is in it, if there is one. */
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
 * Every method throws BrokerUnavailableError when no broker answers and TopicMissingError for unknown topics.
 */
export function createAdmin({ client, log }: { client: KafkaClient; log: Logger }): Admin {
  const admin = kafkaOf(client).admin();
  let connected: Promise<void> | undefined;

  async function ask<Answer>(doing: string, question: () => Promise<Answer>, topics: string[] = []) {
    try {
      connected ??= admin.connect();
      await connected;
      return await question();
    } catch (error) {
      if (topics.length > 0 && kafkaErrorTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') {
        throw new TopicMissingError(topics, error);
      }
      connected = undefined;
      throw new BrokerUnavailableError(doing, error);
    }
  }

  const describeCluster = () =>
    ask('describe the cluster', async (): Promise<ClusterDescription> => {
      const { clusterId, brokers, controller } = await admin.describeCluster();
      return { clusterId, brokers, controllerProxy: controller ?? undefined };
    });

  return {
    ensureTopics: (declarations, { replicationFactor } = {}) =>
      ask('create the topics', () => ensureTopics(admin, declarations, replicationFactor)),
    compareTopics: (declarations) => ask('compare the topics', () => compareTopics(admin, declarations)),
    describeCluster,
    async waitForBrokers(count, signal) {
      for (let failures = 1; ; failures++) {
        signal?.throwIfAborted();
        try {
          const cluster = await describeCluster();
          if (cluster.brokers.length >= count) return cluster;
        } catch (error) {
          log.debug({ err: error }, 'waiting for brokers');
        }
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    },
    describeTopics: (names) =>
      ask(
        'describe topics',
        async () => {
          const wanted = names ?? (await admin.listTopics()).filter((name) => !name.startsWith('__'));
          if (wanted.length === 0) return [];
          const { topics } = await admin.fetchTopicMetadata({ topics: [...wanted] });
          return topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions
              .map(({ partitionId, leader, replicas, isr }) => ({
                partition: partitionId,
                leader,
                replicas,
                inSync: isr,
              }))
              .sort((a, b) => a.partition - b.partition),
          }));
        },
        names ? [...names] : [],
      ),
    topicOffsets: (topic) => ask(`read the offsets of ${topic}`, () => topicOffsets(admin, topic), [topic]),
    groupPositions: (group, topics) =>
      ask(`read the offsets of ${group}`, () => groupPositions(admin, group, topics), [...topics]),
    groupLag: (group) => ask(`read the lag of ${group}`, () => groupLag(admin, group)),
    removeTopic: (topic) => ask(`delete ${topic}`, () => removeTopic(admin, topic)),
    forgetGroup: (group) => ask(`delete the group ${group}`, () => forgetGroup(admin, group)),
    async close() {
      connected = undefined;
      await within(5_000, admin.disconnect());
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}
