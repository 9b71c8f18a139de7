import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { kafkaOf } from '../adapters/kafkajs/kafka.ts';
import { createKafkaClient } from '../client.ts';

/** Writes records that no reader of committed data ever sees. */
export async function abortTransaction(topic: string): Promise<void> {
  const transaction = await openTransaction(topic);
  await transaction.abort();
}

/** Writes a record to each of these partitions, and keeps all that comes behind from readers of committed data until it is aborted. */
export async function openTransaction(
  topic: string,
  partitions: readonly number[] = [0],
): Promise<{ abort(): Promise<void> }> {
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers: infrastructure().brokers, clientId: 'transaction', log });
  const transactionalId = uniqueName('transaction');
  const producer = kafkaOf(client).producer({ idempotent: true, transactionalId });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = partitions.map((partition) => ({ key: 'k', value: 'aborted', partition }));
  await transaction.send({ topic, messages });
  return {
    async abort() {
      await transaction.abort();
      await producer.disconnect();
    },
  };
}
