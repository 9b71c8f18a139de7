import { type Event, type EventType, eventTypeOf, inWrongTopic, misplaced, problemIn } from '@brew/events';
import avro, { type Type } from 'avsc';
import type { Logger } from 'pino';
import { backoff } from './backoff.ts';
import { contextOf } from './codec/context.ts';
import {
  assertSize,
  createFieldReader,
  type FieldReader,
  type FieldsOf,
  type Picked,
} from './codec/fieldReader.ts';
import { compileShow, type Read } from './codec/fields/compile.ts';
import { readWhole } from './codec/fields/readWhole.ts';
import { createReaders } from './codec/readers.ts';
import { createRegistry } from './codec/registry.ts';
import { frame, HEADER_BYTES, schemaIdIn } from './codec/wireFormat.ts';
import { delay } from './delay.ts';
import {
  InvalidEventError,
  messageOf,
  NotPreparedError,
  RegistryUnavailableError,
  SchemaUnknownError,
  UndecodableRecordError,
} from './errors.ts';
import { valueIn } from './reader/recordInBatch.ts';
import type { ReceivedRecord } from './record.ts';

export interface Codec {
  /**
   * Whether the registry has any schema of this event.
   * @throws RegistryUnavailableError
   */
  isRegistered(type: EventType): Promise<boolean>;
  /**
   * Puts the schemas into the registry under TopicRecordNameStrategy, with BACKWARD_TRANSITIVE.
   * @throws SchemaIncompatibleError, RegistryUnavailableError
   */
  register(types: readonly EventType[]): Promise<void>;
  /**
   * Looks up the ids that encode() needs. Waits with backoff for the registry and for schemas that somebody else is
   * about to register; rejects only when `signal` is aborted.
   */
  prepare(types: readonly EventType[], signal?: AbortSignal): Promise<void>;
  /**
   * The value of a record, in Confluent wire format. Synchronous, so that it can be used inside a transaction.
   * @throws InvalidEventError naming the fields: they are not what the schema and the rules (rules.ts of @brew/events) say; NotPreparedError for a type that wasn't prepared
   */
  encode<Data>(type: EventType<Data>, data: Data): Buffer;
  /**
   * The event in a record. Reads what any version wrote as what this process knows: the writer's schema comes from the
   * registry, once per id, and is resolved to ours.
   * @throws UndecodableRecordError for poison; InvalidEventError for what Brew itself could not have made, or what stands where it does not
   *   belong: see rules.ts and misplaced.ts of @brew/events; RegistryUnavailableError, which is an outage
   */
  decode(record: ReceivedRecord): Promise<Event>;
  /**
   * The same of many, in their order: synchronous but for schemas that are not known yet, which are asked for together.
   * @throws what decode() throws of one of them
   */
  decodeAll(records: readonly ReceivedRecord[]): Promise<Event[]>;
  /** For who needs some fields of very many events, fast: see FieldReader. */
  fieldReader<Data, const Fields extends FieldsOf<Data>>(
    type: EventType<Data>,
    fields: Fields,
  ): FieldReader<Picked<Data, Fields>>;
  /**
   * What any value in Confluent wire format is by its writer's schema, whatever the record's headers say: for tools that look
   * at topics of others.
   * @returns the schema's full name and the data, as JSON can say it: see fields/logicalTypes.ts; undefined when it is not in that format
   * @throws UndecodableRecordError, RegistryUnavailableError
   */
  decodeValue(value: Buffer): Promise<{ schema: string; data: unknown } | undefined>;
}

const RETRY = { initialMs: 200, maxMs: 5_000 };

interface CodecOptions {
  registryUrl: string;
  log: Logger;
  /** Ends what waits for the registry, which takes half a minute to be given up when it is silent. */
  signal?: AbortSignal;
}

export function createCodec({ registryUrl, log, signal }: CodecOptions): Codec {
  const registry = createRegistry(registryUrl, signal);
  const readers = createReaders(registry);
  const writers = new Map<string, { id: number; avroType: Type }>();
  const shows = new WeakMap<Type, Read>();

  async function prepareOne(type: EventType, signal: AbortSignal | undefined): Promise<void> {
    for (let failures = 1; ; failures++) {
      signal?.throwIfAborted();
      try {
        const id = await registry.idOf(type.subject, type.schema);
        writers.set(type.type, { id, avroType: avro.Type.forSchema(type.schema as never) });
        return;
      } catch (error) {
        if (!(error instanceof RegistryUnavailableError || error instanceof SchemaUnknownError)) throw error;
        log.warn({ err: error, subject: type.subject, failures }, 'waiting for the schema registry');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  /** Undefined while the schema that it was written with is not known: then it is noted. */
  function decodeKnown(record: ReceivedRecord, unknown: Map<EventType, Set<number>>): Event | undefined {
    const { context, type, schemaId, value } = openFrame(record);
    const read = readers.find(schemaId, type);
    if (!read) {
      unknown.set(type, (unknown.get(type) ?? new Set()).add(schemaId));
      return undefined;
    }
    const { bytes, valueStart, valueEnd } = value;
    const data = readWhole(read, schemaId, bytes, valueStart + HEADER_BYTES, valueEnd);
    const { id, source, time, correlationId, causationId, traceparent } = context;
    const { topic, key } = record;
    const problem = problemIn(type, data) ?? misplaced(type, data, { topic, key, correlationId });
    if (problem !== undefined) throw new InvalidEventError(type.name, [problem]);
    return { id, source, time, correlationId, causationId, traceparent, type, data };
  }

  async function decodeAll(records: readonly ReceivedRecord[]): Promise<Event[]> {
    const unknown = new Map<EventType, Set<number>>();
    const events = records.map((record) => decodeKnown(record, unknown));
    if (unknown.size === 0) return events as Event[];
    await Promise.all([...unknown].flatMap(([type, ids]) => [...ids].map((id) => readers.learn(id, type))));
    return records.map((record, i) => events[i] ?? (decodeKnown(record, unknown) as Event));
  }

  return {
    isRegistered: ({ subject }) => registry.has(subject),

    async register(types) {
      for (const type of types) {
        const id = await registry.register(type.subject, type.schema);
        log.debug({ subject: type.subject, schemaId: id }, 'registered a schema');
      }
    },

    async prepare(types, signal) {
      for (const type of types) if (!writers.has(type.type)) await prepareOne(type, signal);
    },

    encode(type, data) {
      const writer = writers.get(type.type);
      if (!writer) throw new NotPreparedError(`${type.name} can't be encoded before prepare().`);
      let value: Buffer;
      try {
        value = frame(writer.id, writer.avroType, data);
      } catch (error) {
        throw new InvalidEventError(type.name, problemsOf(writer.avroType, data), error);
      }
      assertSize(type.name, value.length);
      const problem = problemIn(type as EventType, data);
      if (problem !== undefined) throw new InvalidEventError(type.name, [problem]);
      return value;
    },

    async decode(record) {
      const [event] = await decodeAll([record]);
      return event as Event;
    },

    decodeAll,

    async decodeValue(value) {
      const schemaId = schemaIdIn(value, 0, value.length);
      if (schemaId === undefined) return undefined;
      const writer = await registry.schemaOf(schemaId);
      const show = shows.get(writer) ?? showOf(schemaId, writer);
      shows.set(writer, show);
      const data = readWhole(show, schemaId, value, HEADER_BYTES, value.length);
      return { schema: writer.name ?? writer.typeName, data };
    },

    fieldReader: (type, fields) => createFieldReader(registry, type, fields),
  };
}

function showOf(schemaId: number, writer: Type): Read {
  try {
    return compileShow(writer);
  } catch (error) {
    throw new UndecodableRecordError(`its schema ${schemaId} can't be shown: ${messageOf(error)}`, error);
  }
}

/** What can be told of a record without its schema. @throws what decode() throws */
function openFrame(record: ReceivedRecord) {
  const context = contextOf(record);
  const type = eventTypeOf(context.type);
  if (!type) throw new UndecodableRecordError(`its type ${context.type.slice(0, 200)} is unknown here`);
  const elsewhere = inWrongTopic(type, record.topic);
  if (elsewhere !== undefined) throw new InvalidEventError(type.name, [elsewhere]);
  const value = valueIn(record);
  const { bytes, valueStart, valueEnd } = value;
  if (valueEnd < valueStart) throw new UndecodableRecordError('it is a tombstone: it has no value');
  assertSize(type.name, valueEnd - valueStart);
  const schemaId = schemaIdIn(bytes, valueStart, valueEnd);
  if (schemaId === undefined) throw new UndecodableRecordError('its value is not in Confluent wire format');
  return { context, type, schemaId, value };
}

/** Each field that the schema forbids, such as `items.0.quantity is "two", not int`. */
function problemsOf(type: Type, data: unknown): string[] {
  const problems: string[] = [];
  type.isValid(data, {
    errorHook: (path, value, expected) => {
      const found = value === undefined ? 'missing' : JSON.stringify(value);
      problems.push(`${path.join('.') || 'the event'} is ${found}, not ${nameOf(expected)}`);
    },
  });
  return problems;
}

const nameOf = (type: Type): string => type.branchName ?? type.typeName;
