import type { Event, EventType } from '@brew/events';
import type { Sighting } from '../store/seen.ts';

/** What is noted of one type of event; the type of its data is forgotten. */
export interface Source {
  type: EventType;
  sightingOf(event: Event): Sighting;
}

/** Declares what is noted of one type of event. */
export function sees<Data>(type: EventType<Data>, sightingOf: (event: Event<Data>) => Sighting): Source {
  return { type: type as EventType, sightingOf: sightingOf as Source['sightingOf'] };
}
