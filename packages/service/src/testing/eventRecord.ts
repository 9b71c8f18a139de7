import { type EventType, toHeaders, uuidv7 } from '@brew/events';
import type { Codec } from '@brew/kafka';

export interface EventRecordOptions {
  /** Left out: a new one. Given: for example to deliver an event a second time. */
  id?: string;
  time?: Date;
  traceparent?: string;
}

export interface EventRecord {
  id: string;
  topic: string;
  key: string;
  value: Buffer;
  headers: Record<string, string>;
}

/** The record of an event, as the relay of the service that owns its topic would send it. */
export function eventRecord<Data>(
  codec: Pick<Codec, 'encode'>,
  type: EventType<Data>,
  data: Data,
  { id = uuidv7(), time = new Date(), traceparent }: EventRecordOptions = {},
): EventRecord {
  const key = type.keyOf(data);
  const source = `/brew/${type.topic.producer}`;
  const headers = toHeaders({ id, type: type.type, source, time, correlationId: key, traceparent });
  return { id, topic: type.topic.name, key, value: codec.encode(type, data), headers };
}
