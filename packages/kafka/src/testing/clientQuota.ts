import { infrastructure } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { createKafkaClient } from '../client.ts';
import { createBrokers } from '../wire/brokers.ts';
import { alterClientQuotasV1 } from '../wire/protocol.ts';

/** Bytes a second that each broker takes from a client, and gives it; left out: as many as there are. */
export interface ClientQuota {
  producer?: number;
  consumer?: number;
}

/** Holds a client to a quota, or to none any more. Brokers make it wait for their answers then, up to eleven seconds after it began to take more. */
export async function setClientQuota(clientId: string, { producer, consumer }: ClientQuota): Promise<void> {
  const client = createKafkaClient({
    brokers: infrastructure().brokers,
    clientId: 'test',
    log: pino({ level: 'silent' }),
  });
  const brokers = createBrokers(client);
  const op = (key: 'producer_byte_rate' | 'consumer_byte_rate', value: number | undefined) =>
    value === undefined ? { key, remove: true as const } : { key, value, remove: false as const };
  const entities = [{ entityType: 'client-id', entityName: clientId }] as const;
  const ops = [op('producer_byte_rate', producer), op('consumer_byte_rate', consumer)];
  await brokers.ask('set a quota', (connection) =>
    alterClientQuotasV1.api.async(connection, [{ entities: [...entities], ops }], false),
  );
  await brokers.close();
}
