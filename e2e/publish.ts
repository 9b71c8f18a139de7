import { type EventType, toHeaders, uuidv7 } from '@brew/events';
import { createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { pino } from 'pino';

/** Publishes an event behind the back of all services, as something that is broken would. */
export async function publish<Data>(
  { brokers, registryUrl }: { brokers: string[]; registryUrl: string },
  type: EventType<Data>,
  data: Data,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const codec = createCodec({ registryUrl, log });
  await codec.prepare([type as EventType]);
  const producer = createProducer({ client: createKafkaClient({ brokers, clientId: 'e2e', log }), log });
  await producer.start();
  const key = type.keyOf(data);
  const context = { id: uuidv7(), type: type.type, source: '/e2e', time: new Date(), correlationId: key };
  await producer.send([
    { topic: type.topic.name, key, value: codec.encode(type, data), headers: toHeaders(context) },
  ]);
  await producer.stop();
}
