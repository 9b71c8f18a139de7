import avsc, { type Schema, type Type } from 'avsc';
import type { RecordSchema } from '../src/avroSchema.ts';
import { differences } from './differences.ts';
import type { ReleasedSchema } from './schemaFiles.ts';

/**
 * The registry's BACKWARD_TRANSITIVE rule, offline and somewhat stricter (see differences.ts): whatever was ever
 * released may still be in a topic, and a replay reads all of it with the newest schema.
 * @returns a sentence or two for each thing that is wrong: event, field, version, and what to do. Empty: all is well
 */
export function incompatibilities(current: RecordSchema, released: readonly ReleasedSchema[]): string[] {
  const event = `${current.namespace}.${current.name}`;
  let reader: Type;
  try {
    reader = typeOf(current);
  } catch (error) {
    return [`${event} is no valid Avro schema: ${(error as Error).message}. Mend its .avsc file.`];
  }

  // A change shows against every version before it; it is told once, with the first of them.
  const told = new Map<string, string>();
  for (const { version, schema } of released) {
    for (const { field, problem, mend } of differences(schema, current)) {
      const where = field === '' ? event : `${event}, field ${field},`;
      const key = `${field} ${problem}`;
      if (!told.has(key)) told.set(key, `${where} ${problem} (since version ${version}). ${mend}`);
    }
  }
  if (told.size > 0) return [...told.values()];
  return released.flatMap(({ version, schema }) => refusalOf(event, reader, version, schema));
}

/** Another opinion, for what differences.ts does not know of: Avro itself, as consumers use it. */
function refusalOf(event: string, reader: Type, version: number, schema: RecordSchema): string[] {
  try {
    reader.createResolver(typeOf(schema));
    return [];
  } catch (error) {
    return [
      `${event} can't read records of version ${version}: ${(error as Error).message}. Undo that change.`,
    ];
  }
}

const typeOf = (schema: RecordSchema): Type => avsc.Type.forSchema(schema as Schema);
