import type { Event, EventType } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Work } from './unitOfWork.ts';

/** An event that is to be handled, with what its handling may do. */
export interface Delivery<Data = unknown> {
  event: Event<Data>;
  work: Work;
}

/** What is done with some types of events; the types of their data are forgotten. */
export interface Handler {
  readonly types: readonly EventType[];
  /** Gets what follows on each other, in offset order of each partition; `tx` is the transaction of all of it. */
  handle(deliveries: readonly Delivery[], tx: Tx): Promise<void>;
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
  return {
    types: [type as EventType],
    async handle(deliveries) {
      for (const { event, work } of deliveries) await fn(event as Event<Data>, work);
    },
  };
}

/**
 * Declares what happens with several types of events, as many at a time as there are: one statement for two hundred
 * events instead of one for each. The same rules hold. If it throws, it gets the events again one by one, so that only
 * the one that is to blame is held back: what it does for many must not differ from what it does for each.
 */
export function handleTogether<Data>(
  types: readonly EventType<Data>[],
  fn: (deliveries: readonly Delivery<Data>[], tx: Tx) => Promise<void>,
): Handler {
  return { types: types as readonly EventType[], handle: fn as Handler['handle'] };
}

/** What a consumer of these handlers reads. */
export const topicsOf = (handlers: readonly Handler[]): string[] => [
  ...new Set(handlers.flatMap(({ types }) => types.map(({ topic }) => topic.name))),
];
