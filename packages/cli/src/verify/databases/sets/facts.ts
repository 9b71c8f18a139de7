import { allOf, find, type OrderState } from '../../orderState.ts';
import { placedWith } from '../../placedWith.ts';
import { happenedAt } from '../../seen.ts';
import type { Judging } from '../book.ts';
import { timeOf } from './timeOf.ts';

/** Whether a row says something; or when it was, in milliseconds, and null for never. */
type Said = boolean | number | null;

/**
 * What a row has to say exactly when there is an event of it, and of the same time.
 * @param thing what the row is, such as `ticket`
 * @param facts an event's name, what the row is by then, and whether it says so
 */
export function* compareFacts(
  order: OrderState,
  thing: string,
  facts: readonly (readonly [event: string, state: string, said: Said])[],
  { holds }: Judging,
): Generator<string> {
  for (const [event, state, said] of facts) {
    const is = said !== null && said !== false;
    const told = allOf(order, event);
    const [first] = told;
    if (first && !is) yield `has ${event}, and its ${thing} is not ${state}`;
    else if (is && !first && holds(event)) yield `has a ${thing} that is ${state}, and no ${event}`;
    else if (
      first &&
      typeof said === 'number' &&
      !told.some((one) => happenedAt(one) === said) &&
      holds(event)
    )
      yield `has ${event} of ${timeOf(happenedAt(first))}, and its ${thing} says ${timeOf(said)}`;
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

/** Whom the order was placed by, and who the row says. Nobody is named: what is printed goes into logs. */
export function* compareCustomer(order: OrderState, thing: string, customer: unknown): Generator<string> {
  const told = find(order, 'OrderPlaced')?.placedWith;
  if (!told || (customer as { name?: unknown } | null)?.name === ERASED) return;
  if (told.customer !== placedWith.customer(customer))
    yield `was placed with another name or address than its ${thing} says`;
}

/** "2 Caffè Latte + 1 Mocha". */
export function itemsOf(items: unknown): string {
  const listed: { name?: unknown; quantity?: unknown }[] = Array.isArray(items) ? items : [];
  return listed.map((item) => `${item?.quantity} ${item?.name}`).join(' + ') || 'none';
}

/** What `brew erase` puts instead of a name. */
const ERASED = '(erased)';

/** The cafe that the order was placed at, and that of the row. */
export function* compareCafe(order: OrderState, thing: string, cafeId: string | null): Generator<string> {
  const placedAt = find(order, 'OrderPlaced')?.stock?.cafeId;
  if (placedAt !== undefined && cafeId !== null && placedAt !== cafeId)
    yield `was placed at ${placedAt}, and its ${thing} says ${cafeId}`;
}
