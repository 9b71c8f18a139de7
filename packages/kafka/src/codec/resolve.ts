import type { EventType } from '@brew/events';
import type { Type } from 'avsc';
import { UndecodableRecordError } from '../errors.ts';
import { compileRead, type Read, type Selection } from './fields/compile.ts';
import type { Registry } from './registry.ts';

/**
 * What reads `wanted` of the records of a schema id as `reader`, which is ours of `type`.
 * @throws UndecodableRecordError when there is no such schema, or it can't be read as ours; RegistryUnavailableError
 */
export async function resolve(
  registry: Pick<Registry, 'schemaOf'>,
  reader: Type,
  schemaId: number,
  type: EventType,
  wanted: true | Selection,
): Promise<Read> {
  const writer = await registry.schemaOf(schemaId);
  if (writer.name !== type.type) {
    throw new UndecodableRecordError(
      `its headers say ${type.type}, its schema ${schemaId} is ${writer.name ?? writer.typeName}`,
    );
  }
  try {
    reader.createResolver(writer);
    return compileRead(writer, reader, wanted);
  } catch (error) {
    throw new UndecodableRecordError(`schema ${schemaId} can't be read as ours of ${type.name}`, error);
  }
}
