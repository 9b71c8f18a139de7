import { createCheck, type EventType, problemInSize } from '@brew/events';
import avro from 'avsc';
import { InvalidEventError, UndecodableRecordError } from '../errors.ts';
import type { Read, Selection } from './fields/compile.ts';
import { readWhole } from './fields/readWhole.ts';
import type { Registry } from './registry.ts';
import { resolve } from './resolve.ts';
import { HEADER_BYTES, schemaIdIn } from './wireFormat.ts';

/** Reads some fields of the events of one type from the bytes of records, and makes nothing of the others. */
export interface FieldReader<Fields = unknown> {
  /**
   * The fields of the value at `start` up to `end`; undefined when the schema it was written with is not known yet: learn() it.
   * @throws UndecodableRecordError; InvalidEventError when Brew itself could not have made what is in them
   */
  read(bytes: Buffer, start: number, end: number): Fields | undefined;
  /**
   * Gets the schema of a value from the registry, once.
   * @throws UndecodableRecordError; RegistryUnavailableError, which is an outage
   */
  learn(bytes: Buffer, start: number, end: number): Promise<void>;
}

/** @throws InvalidEventError for a value that is larger than any event of ours */
export function assertSize(name: string, bytes: number): void {
  const problem = problemInSize(bytes);
  if (problem !== undefined) throw new InvalidEventError(name, [problem]);
}

/** The fields of an event that can be asked for: see Selection. */
export type FieldsOf<Data> = {
  readonly [Name in keyof Data]?:
    | true
    | FieldsOf<Data[Name] extends readonly (infer Item)[] ? Item : Data[Name]>;
};

/** What is read when they are asked for. */
export type Picked<Data, Fields> = {
  -readonly [Name in keyof Fields & keyof Data]: Fields[Name] extends true
    ? Data[Name]
    : Data[Name] extends readonly (infer Item)[]
      ? Picked<Item, Fields[Name]>[]
      : Picked<Data[Name], Fields[Name]>;
};

export function createFieldReader<Data, const Fields extends FieldsOf<Data>>(
  registry: Pick<Registry, 'schemaOf'>,
  type: EventType<Data>,
  fields: Fields,
): FieldReader<Picked<Data, Fields>> {
  const own = avro.Type.forSchema(type.schema as never);
  const known = new Map<number, Read>();
  const problemIn = createCheck(type as EventType, fields as Selection);

  function schemaIdOf(bytes: Buffer, start: number, end: number): number {
    const id = schemaIdIn(bytes, start, end);
    if (id === undefined) throw new UndecodableRecordError('its value is not in Confluent wire format');
    return id;
  }

  return {
    read(bytes, start, end) {
      const schemaId = schemaIdOf(bytes, start, end);
      const read = known.get(schemaId);
      if (read === undefined) return undefined;
      assertSize(type.name, end - start);
      const picked = readWhole(read, schemaId, bytes, start + HEADER_BYTES, end);
      const problem = problemIn(picked);
      if (problem !== undefined) throw new InvalidEventError(type.name, [problem]);
      return picked as Picked<Data, Fields>;
    },
    async learn(bytes, start, end) {
      const schemaId = schemaIdOf(bytes, start, end);
      known.set(schemaId, await resolve(registry, own, schemaId, type as EventType, fields as Selection));
    },
  };
}
