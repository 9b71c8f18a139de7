import { CompressionTypes, Partitioners, type TopicMessages } from 'kafkajs';
import { type KafkaClient, kafkaOf } from '../client.ts';
import { kafkaErrorTypeOf } from '../errors.ts';

/** One kafkajs producer, good until its first failed send. */
export interface ProducerConnection {
  /** @throws when not every record is known to be in all in-sync replicas. */
  send(batch: TopicMessages[]): Promise<void>;
  disconnect(): Promise<void>;
}

export async function connectProducer(client: KafkaClient): Promise<ProducerConnection> {
  const chosen = new Set<string>();
  const producer = kafkaOf(client).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: () => {
      const partitionOf = Partitioners.DefaultPartitioner();
      return (args) => {
        const partition = partitionOf(args);
        chosen.add(`${args.topic}/${partition}`);
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
      for (const { topicName, partition } of acknowledged) chosen.delete(`${topicName}/${partition}`);
      if (chosen.size > 0) throw new Error(`no acknowledgement for ${[...chosen].join(', ')}`);
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
