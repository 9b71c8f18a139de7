/**
 * Gives the waiting tickets of a cafe to its free slots, first come first served.
 *
 * A barista makes one order at a time. With preparation that takes no time they are free before the next is given
 * out, so then they take turns and nothing is left waiting.
 *
 * @param slots the numbers of those that are free, in the order in which they shall be filled
 * @param waiting in the order in which they shall be served
 * @param oneEach false when preparation takes no time
 * @returns the tickets that got a slot, each with its number; the others wait on
 */
export function allocate<Waiting>(
  slots: readonly number[],
  waiting: readonly Waiting[],
  oneEach: boolean,
): (Waiting & { slot: number })[] {
  return waiting.flatMap((ticket, index) => {
    const slot = slots[oneEach ? index : index % slots.length];
    return slot === undefined ? [] : [{ ...ticket, slot }];
  });
}
