import { CompressionTypes, type TopicMessages } from 'kafkajs';
import { type KafkaClient, kafkaOf } from '../client.ts';
import { isContentRefused, kafkaErrorTypeOf } from '../errors.ts';
import { createPartitioning, type Placement } from './partitioning.ts';

/** One kafkajs producer, good until its first failed send. */
export interface ProducerConnection {
  /** @throws when not every record is known to be in all in-sync replicas. */
  send(batch: TopicMessages[]): Promise<Placement[]>;
  disconnect(): Promise<void>;
}

export async function connectProducer(client: KafkaClient): Promise<ProducerConnection> {
  const partitioning = createPartitioning();
  const producer = kafkaOf(client).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: partitioning.createPartitioner,
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect();
    throw error;
  }

  return {
    async send(batch) {
      partitioning.begin();
      const acknowledged = await producer.sendBatch({
        acks: -1,
        compression: CompressionTypes.None,
        topicMessages: batch,
      });
      return partitioning.settle(acknowledged);
    },
    disconnect: () => producer.disconnect(),
  };
}

const refusals = new Set(['INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED']);

/** Whether Kafka will never take this batch, however often it is sent. */
export const isRefusal = (error: unknown): boolean =>
  isContentRefused(error) || refusals.has(kafkaErrorTypeOf(error) ?? '');
