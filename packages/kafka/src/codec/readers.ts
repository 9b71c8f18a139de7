import type { EventType } from '@brew/events';
import avro, { type Type } from 'avsc';
import type { Read } from './fields/compile.ts';
import type { Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface Readers {
  /**
   * What reads the records of a schema id as an event type of this process.
   * @throws UndecodableRecordError when there is no such id, or its schema can't be read as this type; RegistryUnavailableError
   */
  find(schemaId: number, type: EventType): Promise<Read>;
}

/** Keeps, for each schema id and event type that occurs, what reads the writer's schema as ours. */
export function createReaders(registry: Pick<Registry, 'schemaOf'>): Readers {
  const own = new Map<string, Type>();
  const known = new Map<string, Read>();

  function ownTypeOf(type: EventType): Type {
    const found = own.get(type.type) ?? avro.Type.forSchema(type.schema as never);
    own.set(type.type, found);
    return found;
  }

  return {
    async find(schemaId, type) {
      const id = `${schemaId}/${type.type}`;
      const read = known.get(id) ?? (await resolve(registry, ownTypeOf(type), schemaId, type, true));
      known.set(id, read);
      return read;
    },
  };
}
