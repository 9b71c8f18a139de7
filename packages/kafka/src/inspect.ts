import { pino } from 'pino';
import type { KafkaClient } from './client.ts';
import { GroupMissingError, TopicMissingError } from './errors.ts';
import {
  committedOffsets,
  describeMembers,
  type GroupMember,
  type GroupSummary,
  listGroups,
} from './inspect/groups.ts';
import { findWaiting, type PartitionProgress, progressOf } from './inspect/lag.ts';
import { type TopicSetting, topicSettings } from './inspect/settings.ts';
import {
  type ByPartition,
  describePartitions,
  type OffsetRange,
  offsetRanges,
  partitionKey,
  replicaSizes,
  type TopicPartitions,
} from './inspect/topics.ts';
import { createCluster } from './reader/cluster.ts';
import { createReader } from './reader.ts';
import { createBrokers } from './wire/brokers.ts';
import { apiVersionsV3 } from './wire/protocol.ts';
import { answerOf } from './wire/protocolErrors.ts';

export type {
  ByPartition,
  GroupMember,
  GroupSummary,
  OffsetRange,
  PartitionProgress,
  TopicPartitions,
  TopicSetting,
};
export { partitionKey };

/** A group with how far it is. */
export interface GroupProgress extends GroupSummary {
  members: GroupMember[];
  partitions: PartitionProgress[];
}

/**
 * Looks at topics and groups of any cluster, as a tool does and no service needs to. Changes nothing.
 * What no broker tells at the moment (a partition without a leader, a broker that is down) is left out instead of waited for.
 * Every method throws BrokerUnavailableError when no broker answers at all, and ReadRefusedError, as a rule for want of an ACL.
 */
export interface Inspector extends AsyncDisposable {
  /** Resolves when any of the addresses answers, be it a broker or a controller. */
  ping(): Promise<void>;
  /** All topics, Kafka's own included, or the named ones. @throws TopicMissingError */
  topics(names?: readonly string[]): Promise<TopicPartitions[]>;
  offsets(topics: readonly TopicPartitions[]): Promise<ByPartition<OffsetRange>>;
  /** Bytes on disk, by partition and then by broker. */
  sizes(topics: readonly TopicPartitions[]): Promise<ByPartition<Map<number, number>>>;
  settings(topics: readonly string[]): Promise<Map<string, TopicSetting[]>>;
  /** Brokers that did not answer something in time, by id: what they alone know is left out. */
  readonly silent: readonly number[];
  groups(): Promise<GroupProgress[]>;
  /** As groups() does, with the time since which records wait. @throws GroupMissingError */
  group(group: string): Promise<GroupProgress>;
  close(): Promise<void>;
}

/** Connects with the first call. */
export function createInspector({ client }: { client: KafkaClient }): Inspector {
  const brokers = createBrokers(client);
  const cluster = createCluster(client);
  const reader = createReader({ client, log: pino({ level: 'silent' }) });
  const silent = new Set<number>();

  async function progressOfGroups(groups: readonly GroupSummary[]) {
    const described = await Promise.all(
      groups.map(async (group) => {
        try {
          const members = await describeMembers(brokers, group);
          return { ...group, members, committed: await committedOffsets(brokers, group) };
        } catch (error) {
          // It has ended since it was listed.
          if (error instanceof GroupMissingError) return undefined;
          throw error;
        }
      }),
    );
    const parts = described.filter((part) => part !== undefined);
    const names = new Set(
      parts.flatMap(({ committed, members }) =>
        [...committed, ...members.flatMap(({ assigned }) => assigned)].map(({ topic }) => topic),
      ),
    );
    const ranges = await offsetRanges(cluster, await describePartitions(brokers, [...names]), silent);
    const found = parts.map(({ committed, ...group }) => ({
      ...group,
      partitions: progressOf(committed, group.members, ranges),
    }));
    return { found, ranges };
  }

  return {
    ping: () =>
      brokers.ask('ask for a sign of life', async (connection) => {
        await answerOf(apiVersionsV3.api.async(connection, 'brew', '1'));
      }),
    async topics(names) {
      const found = await describePartitions(brokers, names);
      const missing = names?.filter((name) => !found.some((topic) => topic.name === name)) ?? [];
      if (missing.length > 0) throw new TopicMissingError(missing);
      return found;
    },
    offsets: (topics) => offsetRanges(cluster, topics, silent),
    sizes: (topics) => replicaSizes(brokers, topics),
    settings: (topics) => topicSettings(brokers, topics),
    groups: async () => (await progressOfGroups(await listGroups(brokers, { silent }))).found,
    async group(group) {
      const { found, ranges } = await progressOfGroups(await listGroups(brokers, { only: group, silent }));
      const [one] = found;
      if (!one) throw new GroupMissingError(group);
      return { ...one, partitions: await findWaiting(reader, one.partitions, ranges) };
    },
    get silent() {
      return [...silent].sort((a, b) => a - b);
    },
    async close() {
      await Promise.all([brokers.close(), cluster.close(), reader.close()]);
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}
