import { eventTypes } from '@brew/events';
import { createCodec } from '@brew/kafka';
import type { Logger } from 'pino';

/**
 * Registers the schema of every event; those that the registry has already stay as they are.
 *
 * @returns how many there are
 * @throws SchemaIncompatibleError, RegistryUnavailableError
 */
export async function ensureSchemas(registryUrl: string, log: Logger): Promise<number> {
  await createCodec({ registryUrl, log }).register(eventTypes);
  return eventTypes.length;
}
