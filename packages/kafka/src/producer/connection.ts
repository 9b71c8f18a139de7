import { CompressionTypes, Partitioners, type TopicMessages } from 'kafkajs';
import { type KafkaClient, kafkaOf } from '../client.ts';
import { kafkaErrorTypeOf } from '../errors.ts';

/** Where records of one partition went: `count` of them, one behind the other. */
export interface Placement {
  topic: string;
  partition: number;
  /** The offset of the first of them. */
  from: bigint;
  count: number;
}

/** One kafkajs producer, good until its first failed send. */
export interface ProducerConnection {
  /** @throws when not every record is known to be in all in-sync replicas. */
  send(batch: TopicMessages[]): Promise<Placement[]>;
  disconnect(): Promise<void>;
}

export async function connectProducer(client: KafkaClient): Promise<ProducerConnection> {
  /** How many records are for each partition. */
  const chosen = new Map<string, number>();
  const producer = kafkaOf(client).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: () => {
      const partitionOf = Partitioners.DefaultPartitioner();
      return (args) => {
        const partition = partitionOf(args);
        const key = `${args.topic}/${partition}`;
        chosen.set(key, (chosen.get(key) ?? 0) + 1);
        return partition;
      };
    },
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect();
    throw error;
  }

  return {
    async send(batch) {
      chosen.clear();
      const acknowledged = await producer.sendBatch({
        acks: -1,
        compression: CompressionTypes.None,
        topicMessages: batch,
      });
      // kafkajs repeats a send per broker, not per partition: when a partition moves between attempts to a broker that
      // has answered already, it reports success without ever having sent that partition's records. So we count.
      const placements: Placement[] = [];
      for (const { topicName: topic, partition, baseOffset } of acknowledged) {
        const count = chosen.get(`${topic}/${partition}`) ?? 0;
        chosen.delete(`${topic}/${partition}`);
        placements.push({ topic, partition, from: BigInt(baseOffset ?? -1), count });
      }
      if (chosen.size > 0) throw new Error(`no acknowledgement for ${[...chosen.keys()].join(', ')}`);
      return placements;
    },
    disconnect: () => producer.disconnect(),
  };
}

const refusals = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
]);

/** Whether Kafka will never take this batch, however often it is sent. */
export const isRefusal = (error: unknown): boolean => refusals.has(kafkaErrorTypeOf(error) ?? '');
