import { type AvroSchema, type EnumSchema, type EventType, type RecordSchema, uuidv7 } from '@brew/events';

/**
 * Data that an event may have, under this key: for tests to which nothing else in it matters. Of each type it takes the simplest
 * value, of each enum the first symbol, of each union the first type, and one element in each array; times are now.
 * @param key a UUID, which a sku may be as well as an order's id
 */
export function exampleOf<Data>({ schema, topic }: EventType<Data>, key: string): Data {
  // Avro writes out a named type where it comes first, and from there on says its name.
  const named = new Map<string, RecordSchema | EnumSchema>();

  function example(of: AvroSchema, field = ''): unknown {
    if (typeof of === 'string')
      return named.has(of) ? example(named.get(of) as RecordSchema) : scalar(of, field);
    if (isUnion(of)) return example(of[0] ?? 'null', field);
    switch (of.type) {
      case 'record':
        named.set(of.name, of);
        return Object.fromEntries(of.fields.map(({ name, type }) => [name, example(type, name)]));
      case 'enum':
        named.set(of.name, of);
        return of.symbols[0];
      case 'array':
        return [example(of.items)];
      default:
        return of.logicalType === 'timestamp-millis' ? Date.now() : scalar(of.type, field);
    }
  }

  return { ...(example(schema) as Data), [topic.key]: key };
}

/** Of those texts that are not any. */
const texts: Record<string, string> = { orderId: uuidv7(), currency: 'EUR' };

function scalar(type: string, field: string): unknown {
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return false;
    case 'string':
      return texts[field] ?? 'example';
    case 'bytes':
      return Buffer.alloc(1);
    default:
      return 1;
  }
}

const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);
