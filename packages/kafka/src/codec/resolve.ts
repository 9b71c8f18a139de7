import type { EventType } from '@brew/events';
import type { Type } from 'avsc';
import { UndecodableRecordError } from '../errors.ts';
import type { Registry } from './registry.ts';

/**
 * Looks up the schema that records were written with, and how `reader`, which is ours, reads them.
 * @throws UndecodableRecordError when there is no such schema, or it can't be read as ours; RegistryUnavailableError
 */
export async function resolve(
  registry: Pick<Registry, 'schemaOf'>,
  reader: Type,
  schemaId: number,
  type: EventType,
): Promise<{ writer: Type; resolver: ReturnType<Type['createResolver']> }> {
  const writer = await registry.schemaOf(schemaId);
  if (!writer) throw new UndecodableRecordError(`the registry has no schema ${schemaId}`);
  if (writer.name !== type.type) {
    throw new UndecodableRecordError(
      `its headers say ${type.type}, its schema ${schemaId} is ${writer.name}`,
    );
  }
  try {
    return { writer, resolver: reader.createResolver(writer) };
  } catch (error) {
    throw new UndecodableRecordError(`schema ${schemaId} can't be read as ours of ${type.name}`, error);
  }
}
