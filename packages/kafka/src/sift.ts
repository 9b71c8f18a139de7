export interface Sieve<Item> {
  /** Leaves out what must not overtake an item that was blamed. */
  free(items: readonly Item[]): readonly Item[];
  /**
   * All of the items or, by saying so, none. What it throws ends the sifting.
   * @param halved whether these are a part of what failed together
   */
  attempt(items: readonly Item[], halved: boolean): Promise<{ ok: true } | { ok: false; error: unknown }>;
  /** Told of an item that fails alone. */
  blame(item: Item, error: unknown): void | Promise<void>;
}

/** So few are taken one by one: where many are to blame, halving them further would only be more attempts. */
const FEW = 8;

/**
 * Does what can be done of some items, in few attempts: what fails is halved, down to a few, until the items are found that are to blame. One
 * among 500 costs some twenty attempts, 500 of 500 cost 627. Their order is kept.
 */
export async function sift<Item>(items: readonly Item[], sieve: Sieve<Item>, halved = false): Promise<void> {
  const open = sieve.free(items);
  const [first] = open;
  if (first === undefined) return;
  const outcome = await sieve.attempt(open, halved);
  if (outcome.ok) return;
  if (open.length === 1) return sieve.blame(first, outcome.error);
  if (open.length <= FEW) {
    for (const item of open) await sift([item], sieve, true);
    return;
  }
  const half = open.length >> 1;
  await sift(open.slice(0, half), sieve, true);
  await sift(open.slice(half), sieve, true);
}
