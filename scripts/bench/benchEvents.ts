import { childTraceparent, eventTypes, toHeaders, uuidv7 } from '@brew/events';
import { createCodec, type OutgoingRecord } from '@brew/kafka';
import type { Logger } from 'pino';
import { history } from './history.ts';

/** So many events of the simulator's customers as the services would write them, with key, headers and time, all for one topic. */
export async function benchEvents(
  count: number,
  { registryUrl, topic, log }: { registryUrl: string; topic: string; log: Logger },
): Promise<OutgoingRecord[]> {
  const codec = createCodec({ registryUrl, log });
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
  const records: OutgoingRecord[] = [];
  for (const slice of history(count, Date.now())) {
    for (const { type, data, orderId, at } of slice) {
      const time = new Date(at);
      const headers = toHeaders({
        ...{ id: uuidv7(), type: type.type, source: `/brew/${type.topic.producer}`, time },
        ...{ correlationId: orderId, causationId: uuidv7(), traceparent: childTraceparent(undefined) },
      });
      records.push({ topic, key: orderId, value: codec.encode(type, data), headers, timestamp: time });
    }
  }
  return records;
}

/** The same as text of the same length, for Kafka's own tool, which writes neither keys nor headers: in it are all texts, and much of the value. */
export function lineOf({ key, value, headers }: OutgoingRecord): string {
  const texts = [String(key), ...Object.entries(headers).flat()].join(' ');
  return `${texts} ${value?.toString('base64').slice(0, value.length)}`;
}
