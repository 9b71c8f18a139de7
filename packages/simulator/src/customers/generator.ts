import { between, chance, exponential, pick, type Random, seededRandom } from '../random.ts';

/** What can be ordered, and where: the catalog's answer, cut down to what a customer looks at. */
export interface Assortment {
  cafes: readonly string[];
  menu: readonly MenuEntry[];
}

interface MenuEntry {
  sku: string;
  category: 'drink' | 'food';
}

/** The body of POST /orders. */
export interface OrderRequest {
  cafeId: string;
  items: { sku: string; quantity: number }[];
  customer: { name: string; address: string };
  channel: 'app' | 'counter' | 'partner';
}

/** One customer: when they come, what they want, and whether they change their mind. */
export interface Customer {
  /** How long after the customer before this one they come, in units of the mean gap (1 / rate). */
  gap: number;
  order: OrderRequest;
  /** When they cancel, in milliseconds after their order was accepted; undefined: they don't. */
  cancelAfterMs: number | undefined;
}

export interface Habits {
  /** The fraction of customers who cancel; half of them at once, half when the kitchen may well have started. */
  cancelRate: number;
}

/**
 * The n-th customer of a seed. Pure: the same seed, number, assortment and habits give the same customer, whatever
 * was asked before, so that a run can be repeated order by order and two runs compared.
 */
export function customer(seed: number, n: number, assortment: Assortment, habits: Habits): Customer {
  const random = seededRandom(seed, n);
  return {
    gap: exponential(random, 1),
    cancelAfterMs: chance(random, habits.cancelRate) ? cancelDelay(random) : undefined,
    order: randomOrder(random, assortment),
  };
}

/** An order as customers make them: one to three different things, the first a drink where there is one. */
export function randomOrder(random: Random, { cafes, menu }: Assortment): OrderRequest {
  const drinks = menu.filter((entry) => entry.category === 'drink');
  const wanted = new Set([favourite(random, drinks.length > 0 ? drinks : menu).sku]);
  for (let more = between(random, 0, 2); more > 0; more--) wanted.add(favourite(random, menu).sku);
  return {
    cafeId: pick(random, cafes),
    items: [...wanted].map((sku) => ({ sku, quantity: chance(random, 0.2) ? 2 : 1 })),
    customer: {
      name: `${pick(random, firstNames)} ${pick(random, lastNames)}`,
      address: `${pick(random, streets)} ${between(random, 1, 120)}`,
    },
    // The last draw, so that a seed brings the customers that it always brought.
    channel: pick(random, channels),
  };
}

/** Tastes are not spread evenly: what stands first on the menu is ordered most, or no report would be worth reading. */
function favourite(random: Random, menu: readonly MenuEntry[]): MenuEntry {
  const entry = menu[Math.floor(random() ** 2 * menu.length)];
  if (entry === undefined) throw new RangeError('the menu is empty');
  return entry;
}

/** Early (before the payment is through, mostly) or late (the kitchen decides, and mostly says no). */
function cancelDelay(random: Random): number {
  return chance(random, 0.5) ? between(random, 0, 500) : between(random, 1_000, 15_000);
}

/** As often as they are listed. */
const channels = ['app', 'app', 'app', 'counter', 'counter', 'partner'] as const;
const firstNames = [
  'Ada',
  'Alan',
  'Barbara',
  'Donald',
  'Edsger',
  'Frances',
  'Grace',
  'Hedy',
  'John',
  'Katherine',
  'Leslie',
  'Radia',
];
const lastNames = [
  'Allen',
  'Dijkstra',
  'Hamilton',
  'Hopper',
  'Johnson',
  'Knuth',
  'Lamarr',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Perlman',
  'Turing',
];
const streets = [
  'Arabica Street',
  'Bean Lane',
  'Canal Road',
  'Grinder Alley',
  'Harbour Walk',
  'Market Square',
  'Mill Road',
  'Roaster Row',
];
