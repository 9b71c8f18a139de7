import { type Connection, metadataV12 } from '@platformatic/kafka';
import { type KafkaClient, optionsOf } from '../client.ts';
import { BrokerUnavailableError, TopicMissingError } from '../errors.ts';
import { type Address, type Connections, createConnections } from './connections.ts';
import { answerOf, isPassing, nameOf, refused } from './protocolErrors.ts';

/** The broker that a partition is read from. */
export interface Leader {
  node: number;
  epoch: number;
}

/** Who leads what, as far as the brokers told, and the connections to them. */
export interface Cluster {
  /**
   * Asks a broker, any of them, who leads the partitions of these topics.
   * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  refresh(topics: readonly string[]): Promise<void>;
  /** Undefined before refresh(). */
  topicId(topic: string): string | undefined;
  partitionsOf(topic: string): readonly number[];
  /** Undefined while there is none, or none is known. */
  leaderOf(topic: string, partition: number): Leader | undefined;
  /** @throws when there is no way to it */
  connectionTo(node: number): ReturnType<Connections['to']>;
  connectionAt(address: Address): ReturnType<Connections['to']>;
  /** To whichever broker answers first: those that are known, then those that were given. */
  connectionToAny(): ReturnType<Connections['to']>;
  close(): Promise<void>;
}

type PartitionMetadata = metadataV12.MetadataResponsePartition;

interface KnownTopic {
  id: string;
  /** Of every partition, also of those that have none. */
  leaders: Map<number, Leader | undefined>;
}

export function createCluster(client: KafkaClient): Cluster {
  const options = optionsOf(client);
  const connections = createConnections(options);
  const bootstrap = options.brokers.map(addressOf);
  let nodes = new Map<number, Address>();
  const known = new Map<string, KnownTopic>();

  /** What the first broker says that says anything. */
  async function askAnybody<Answer>(
    doing: string,
    ask: (connection: Connection) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const failures: unknown[] = [];
    for (const address of [...nodes.values(), ...bootstrap]) {
      try {
        return await ask(await connections.to(address));
      } catch (error) {
        failures.push(error);
      }
    }
    throw new BrokerUnavailableError(doing, failures[0]);
  }

  return {
    async refresh(topics) {
      const answer = await askAnybody(`ask who leads ${topics.join(', ')}`, (connection) =>
        answerOf(metadataV12.api.async(connection, [...topics], false)),
      );
      nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
      for (const { name, topicId, errorCode, partitions } of answer.topics) {
        if (!name) continue;
        if (nameOf(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new TopicMissingError([name]);
        if (errorCode !== 0 && !isPassing(errorCode)) throw refused(name, errorCode);
        known.set(name, { id: topicId, leaders: new Map(partitions.map(leaderIn)) });
      }
    },
    topicId: (topic) => known.get(topic)?.id,
    partitionsOf: (topic) => [...(known.get(topic)?.leaders.keys() ?? [])],
    leaderOf: (topic, partition) => known.get(topic)?.leaders.get(partition),
    connectionTo(node) {
      const address = nodes.get(node);
      return address ? connections.to(address) : Promise.reject(new Error(`broker ${node} is not known`));
    },
    connectionAt: (address) => connections.to(address),
    connectionToAny: () => askAnybody('find a broker', (connection) => connection),
    close: () => connections.close(),
  };
}

function leaderIn({
  partitionIndex,
  leaderId,
  leaderEpoch,
}: PartitionMetadata): [number, Leader | undefined] {
  return [partitionIndex, leaderId < 0 ? undefined : { node: leaderId, epoch: leaderEpoch }];
}

function addressOf(broker: string): Address {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
}
