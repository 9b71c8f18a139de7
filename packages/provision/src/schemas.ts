import { type EventType, eventTypes } from '@brew/events';
import { olderSchemas } from '@brew/events/olderSchemas';
import { createCodec } from '@brew/kafka';
import type { Logger } from 'pino';

/**
 * Registers the schema of every event; those that the registry has already stay as they are. An event that is new to the
 * registry gets all its released versions, the oldest first: their numbers are the repository's, the registry judges a
 * change by all of them, and an instance of an older release finds its own.
 *
 * @returns how many there are
 * @throws SchemaIncompatibleError, RegistryUnavailableError
 */
export async function ensureSchemas(
  registryUrl: string,
  log: Logger,
  types: readonly EventType[] = eventTypes,
): Promise<number> {
  const codec = createCodec({ registryUrl, log });
  for (const type of types) {
    const older = olderSchemas.get(type.type) ?? [];
    // One that has had only the newer ones would get the older ones as its newest.
    const isNew = older.length > 0 && !(await codec.isRegistered(type));
    if (isNew) await codec.register(older.map((schema) => ({ ...type, schema })));
    await codec.register([type]);
  }
  return types.length;
}
