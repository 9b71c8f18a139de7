import type { Event, EventType } from '@brew/events';
import type { Facts } from '../domain/ticket.ts';

/** A type of events that tell something about an order; the type of their data is forgotten. */
export interface Source {
  type: EventType;
  factsOf(event: Event): Facts;
}

/** Declares what is taken from one type of event. */
export function tells<Data>(type: EventType<Data>, factsOf: (event: Event<Data>) => Facts): Source {
  return { type: type as EventType, factsOf: factsOf as Source['factsOf'] };
}

/** @throws RangeError when it is no time that a clock could show */
export const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
