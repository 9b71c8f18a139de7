import { consumerPart, type Part, type ServiceContext } from '@brew/service';
import { createProjector } from './createProjector.ts';
import type { Projection } from './projection.ts';

/** The consumer that feeds projections with all that they want to know, from the beginning of the topics. */
export function createProjections(context: ServiceContext, projections: readonly Projection[]): Part {
  const wanted = new Map(
    projections.flatMap(({ events }) => events).map((event) => [event.type, event.topic.name]),
  );
  return consumerPart(context, {
    // Reports may be a moment behind, and in larger portions they cost less.
    paceMs: 200,
    topics: [...new Set(wanted.values())],
    wants: ({ headers, value }) => {
      if (value === null) return false; // a tombstone is no event
      // A record without a type isn't Brew's: wanted, so that it fails to decode and ends in the dead letters, seen.
      return headers.ce_type === undefined || wanted.has(headers.ce_type);
    },
    process: createProjector({ ...context, projections }),
  });
}
