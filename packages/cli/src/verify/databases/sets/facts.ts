import { find, type OrderState } from '../../orderState.ts';
import type { Judging } from '../book.ts';

/**
 * What a row has to say exactly when there is an event of it.
 * @param thing what the row is, such as `ticket`
 * @param facts an event's name, what the row is by then, and whether it says so
 */
export function* compareFacts(
  order: OrderState,
  thing: string,
  facts: readonly (readonly [event: string, state: string, is: boolean])[],
  { holds }: Judging,
): Generator<string> {
  for (const [event, state, is] of facts) {
    const told = find(order, event) !== undefined;
    if (told && !is) yield `has ${event}, and its ${thing} is not ${state}`;
    else if (is && !told && holds(event)) yield `has a ${thing} that is ${state}, and no ${event}`;
  }
}

/**
 * What is said when there is no row, although an event tells of it.
 * @param makers the events of which each makes one
 */
export const missingBy =
  (thing: string, makers: readonly string[]) =>
  (order: OrderState): string | undefined => {
    const maker = makers.find((name) => find(order, name));
    return maker && `has ${maker}, and no ${thing}`;
  };

/** The cafe that the order was placed at, and that of the row. */
export function* compareCafe(order: OrderState, thing: string, cafeId: string | null): Generator<string> {
  const placedAt = find(order, 'OrderPlaced')?.stock?.cafeId;
  if (placedAt !== undefined && cafeId !== null && placedAt !== cafeId)
    yield `was placed at ${placedAt}, and its ${thing} says ${cafeId}`;
}
