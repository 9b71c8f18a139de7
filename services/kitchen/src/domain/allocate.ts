/** A free place at a cafe's counter. */
export interface FreeSlot {
  cafeId: string;
  slot: number;
}

/**
 * Gives waiting tickets to free slots of their own cafe, first come first served.
 *
 * A barista makes one order at a time. With preparation that takes no time they are free before the next is given
 * out, so then they take turns and nothing is left waiting.
 *
 * @param waiting in the order in which they shall be served
 * @param oneEach false when preparation takes no time
 * @returns the tickets that got a slot, each with its number; the others wait on
 */
export function allocate<Waiting extends { cafeId: string }>(
  free: readonly FreeSlot[],
  waiting: readonly Waiting[],
  oneEach: boolean,
): (Waiting & { slot: number })[] {
  const slotsOf = Map.groupBy(free, ({ cafeId }) => cafeId);
  return waiting.flatMap((ticket) => {
    const slots = slotsOf.get(ticket.cafeId);
    const next = slots?.shift();
    if (next === undefined) return [];
    if (!oneEach) slots?.push(next);
    return [{ ...ticket, slot: next.slot }];
  });
}
