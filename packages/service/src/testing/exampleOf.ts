import type { AvroSchema, EnumSchema, EventType, RecordSchema } from '@brew/events';

/**
 * Data that an event may have, under this key: for tests to which nothing else in it matters. Of each type it takes the simplest
 * value, of each enum the first symbol, of each union the first type, and one element in each array; times are now.
 */
export function exampleOf<Data>({ schema, topic }: EventType<Data>, key: string): Data {
  // Avro writes out a named type where it comes first, and from there on says its name.
  const named = new Map<string, RecordSchema | EnumSchema>();

  function example(of: AvroSchema): unknown {
    if (typeof of === 'string') return named.has(of) ? example(named.get(of) as RecordSchema) : scalar(of);
    if (isUnion(of)) return example(of[0] ?? 'null');
    switch (of.type) {
      case 'record':
        named.set(of.name, of);
        return Object.fromEntries(of.fields.map((field) => [field.name, example(field.type)]));
      case 'enum':
        named.set(of.name, of);
        return of.symbols[0];
      case 'array':
        return [example(of.items)];
      default:
        return of.logicalType === 'timestamp-millis' ? Date.now() : scalar(of.type);
    }
  }

  return { ...(example(schema) as Data), [topic.key]: key };
}

function scalar(type: string): unknown {
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return false;
    case 'string':
      return 'example';
    case 'bytes':
      return Buffer.alloc(1);
    default:
      return 1;
  }
}

const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);
