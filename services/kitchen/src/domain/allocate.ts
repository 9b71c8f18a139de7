/** A free place at a cafe's counter. */
export interface FreeSlot {
  cafeId: string;
  slot: number;
}

/**
 * Gives waiting tickets to free slots of their own cafe, first come first served.
 * @param waiting in the order in which they shall be served
 * @returns the tickets that got a slot, each with its number; the others wait on
 */
export function allocate<Waiting extends { cafeId: string }>(
  free: readonly FreeSlot[],
  waiting: readonly Waiting[],
): (Waiting & { slot: number })[] {
  const slotsOf = Map.groupBy(free, (slot) => slot.cafeId);
  return waiting.flatMap((ticket) => {
    const slot = slotsOf.get(ticket.cafeId)?.shift();
    return slot ? [{ ...ticket, slot: slot.slot }] : [];
  });
}
