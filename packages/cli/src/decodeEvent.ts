import { BrewError, type Event } from '@brew/events';
import type { Codec, ReceivedRecord } from '@brew/kafka';

/**
 * @returns the event, or why it is none
 * @throws RegistryUnavailableError: an outage, after which it may well be one
 */
export async function decodeEvent(codec: Codec, record: ReceivedRecord): Promise<Event | BrewError> {
  try {
    return await codec.decode(record);
  } catch (error) {
    if (error instanceof BrewError && !error.retryable) return error;
    throw error;
  }
}
