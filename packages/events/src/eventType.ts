import type { RecordSchema } from './avroSchema.ts';
import type { Topic } from './topics.ts';

/** One kind of event: where it goes and what it looks like. There is one such constant per schema file. */
export interface EventType<Data = unknown> {
  /** Short name, such as OrderPlaced: what people and handlers call it. */
  readonly name: string;
  /** Full name, such as brew.orders.v1.OrderPlaced: the ce_type header, and the schema's full name. */
  readonly type: string;
  readonly topic: Topic;
  /** Where the registry keeps its schemas: TopicRecordNameStrategy, so one topic may hold several events. */
  readonly subject: string;
  readonly schema: RecordSchema;
  /** The record's key: what its order is kept by. */
  keyOf(data: Data): string;
}

interface EventDeclaration<Data> {
  topic: Topic;
  schema: RecordSchema;
  keyOf: (data: Data) => string;
}

/** Makes the constant of one event; generated/events.ts does so for every schema file. */
export function defineEvent<Data>({ topic, schema, keyOf }: EventDeclaration<Data>): EventType<Data> {
  const type = `${topic.name}.${schema.name}`;
  return { name: schema.name, type, topic, subject: `${topic.name}-${type}`, schema, keyOf };
}
