import type { Event, EventType } from '@brew/events';
import type { Work } from './work.ts';

/** What is done with one type of event; the type of its data is forgotten. */
export interface Handler {
  readonly type: EventType;
  handle(event: Event, work: Work): Promise<void>;
}

/**
 * Declares what happens with one type of event, within the transaction of `work`.
 *
 * It returns: the event is done, and takes effect once. It throws: everything is rolled back and tried again with
 * backoff, or not at all if the error has `retryable: false`; in the end the record goes to the dead letter queue.
 * It may run more than once for an event, so whatever leaves the database belongs in a worker.
 */
export function handle<Data>(
  type: EventType<Data>,
  fn: (event: Event<Data>, work: Work) => Promise<void>,
): Handler {
  return { type: type as EventType, handle: fn as Handler['handle'] };
}
