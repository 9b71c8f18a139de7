import { createAdmin, createKafkaClient, type KafkaClient } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { createQuorumAdmin } from '@brew/kafka/quorum';
import { createTopics } from '@brew/kafka/testing';
import type { Infrastructure } from '@brew/sandbox';
import { until } from '@brew/sandbox/testing';
import { pino } from 'pino';

const log = pino({ level: 'silent' });

/** Three brokers, and the power over them. Nodes go by their names: kafka-1, kafka-2, kafka-3. */
export interface Cluster extends AsyncDisposable {
  readonly brokers: string[];
  readonly client: KafkaClient;
  /** SIGKILL. */
  kill(node: string): Promise<void>;
  /** In order: SIGTERM. */
  stop(node: string): Promise<void>;
  start(node: string): Promise<void>;
  leaderOf(topic: string, partition: number): Promise<string>;
  /** The active controller. */
  controller(): Promise<string>;
  /** Whoever has the offsets of groups of this name. */
  coordinatorOf(group: string): Promise<string>;
  /** Resolves when every broker runs, and every replica is in sync. */
  untilWhole(): Promise<void>;
  /** Every broker knows it when this resolves. */
  makeTopic(name: string, partitions: number): Promise<void>;
  removeTopic(name: string): Promise<void>;
  /** Where a group goes on, by partition. */
  committed(group: string, topic: string): Promise<Map<number, bigint>>;
}

const OFFSETS = '__consumer_offsets';
/** offsets.topic.num.partitions of infra/kafka. */
const OFFSETS_PARTITIONS = 6;
export const NODES = ['kafka-1', 'kafka-2', 'kafka-3'];

export function createCluster({ brokers, kill, start }: Infrastructure): Cluster {
  const client = createKafkaClient({ brokers, clientId: 'judge', log });
  const admin = createAdmin({ client, log });
  const quorum = createQuorumAdmin({ client });
  const inspector = createInspector({ client });
  const nameOf = (id: number | undefined) => {
    if (id === undefined) throw new Error('nobody leads it at the moment');
    return `kafka-${id}`;
  };

  async function leaderOf(topic: string, partition: number): Promise<string> {
    const [found] = await inspector.topics([topic]);
    return nameOf(found?.partitions.find((each) => each.partition === partition)?.leader);
  }
  async function controller(): Promise<string> {
    return nameOf((await quorum.describeQuorum({ timeoutMs: 10_000 }))?.leader);
  }

  return {
    brokers,
    client,
    kill: async (node) => void (await kill(node, 'SIGKILL')),
    stop: async (node) => void (await kill(node, 'SIGTERM')),
    start,
    leaderOf: (topic, partition) => until(() => leaderOf(topic, partition), { what: `a leader of ${topic}` }),
    controller: () => until(controller, { what: 'a controller' }),
    coordinatorOf: (group) =>
      until(() => leaderOf(OFFSETS, offsetsPartitionOf(group)), { what: `a coordinator of ${group}` }),
    async untilWhole() {
      await until(
        async () => {
          const { brokers: registered } = await admin.describeCluster();
          if (registered.length < NODES.length)
            throw new Error(`only ${registered.length} brokers are registered`);
          await controller();
          const behind = (await inspector.topics()).flatMap(({ name, partitions }) =>
            partitions
              .filter(
                ({ leader, replicas, inSync }) => leader === undefined || inSync.length < replicas.length,
              )
              .map(({ partition }) => `${name}/${partition}`),
          );
          if (behind.length > 0) throw new Error(`not all replicas are in sync of ${behind.join(', ')}`);
          return true;
        },
        { what: 'the cluster to be whole' },
      );
    },
    async makeTopic(name, partitions) {
      const config = { 'min.insync.replicas': '2' };
      await createTopics([{ name, partitions, replicationFactor: 3, config }], 3);
    },
    removeTopic: (name) => admin.removeTopic(name),
    async committed(group, topic) {
      const positions = await admin.groupPositions(group, [topic]);
      return new Map(positions.map(({ partition, committed }) => [partition, committed ?? -1n]));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([admin.close(), quorum.close(), inspector.close()]);
    },
  };
}

/** The partition of __consumer_offsets that has a group's: Java's hash of its name, modulo their number. */
export function offsetsPartitionOf(group: string): number {
  let hash = 0;
  for (let i = 0; i < group.length; i++) hash = (Math.imul(31, hash) + group.charCodeAt(i)) | 0;
  return Math.abs(hash) % OFFSETS_PARTITIONS;
}
