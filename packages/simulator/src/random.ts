/** A source of numbers in [0, 1), as Math.random is, but one that says the same again for the same seed. */
export type Random = () => number;

/**
 * A seeded generator (mulberry32: 32 bits of state, fast, good enough for a crowd; not for secrets).
 *
 * @param parts any integers; the same parts give the same sequence, parts that differ in one bit an unrelated one.
 */
export function seededRandom(...parts: number[]): Random {
  let state = parts.reduce((hash, part) => scramble(hash ^ Math.imul(part | 0, 0x9e3779b1)), 0x243f6a88);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (scramble(state) >>> 0) / 2 ** 32;
  };
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function scramble(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

/** A whole number from `from` to `to`, both included. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** One of a list that must not be empty. */
export function pick<Item>(random: Random, items: readonly [Item, ...Item[]] | readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('pick() from an empty list');
  return item;
}

/**
 * The waiting time until the next of a Poisson process: exponentially distributed with the given mean,
 * in the unit of the mean. Never infinite, as random() stays under 1.
 */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}
