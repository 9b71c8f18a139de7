import type { EventType } from '@brew/events';
import avro, { type Type } from 'avsc';
import type { Read } from './fields/compile.ts';
import type { Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface Readers {
  /**
   * Makes what reads the records of a schema id as an event type of this process.
   * @throws UndecodableRecordError when there is no such id, or its schema can't be read as this type; RegistryUnavailableError
   */
  learn(schemaId: number, type: EventType): Promise<Read>;
  /** The same, once it is learned. */
  find(schemaId: number, type: EventType): Read | undefined;
}

/** Keeps, for each schema id and event type that occurs, what reads the writer's schema as ours. */
export function createReaders(registry: Pick<Registry, 'schemaOf'>): Readers {
  const own = new Map<string, Type>();
  const known = new Map<EventType, Map<number, Read>>();

  function ownTypeOf(type: EventType): Type {
    const found = own.get(type.type) ?? avro.Type.forSchema(type.schema as never);
    own.set(type.type, found);
    return found;
  }

  return {
    async learn(schemaId, type) {
      const read = await resolve(registry, ownTypeOf(type), schemaId, type, true);
      const reads = known.get(type) ?? new Map<number, Read>();
      known.set(type, reads.set(schemaId, read));
      return read;
    },
    find: (schemaId, type) => known.get(type)?.get(schemaId),
  };
}
