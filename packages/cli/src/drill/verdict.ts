import type { Paint } from '../text/format.ts';
import { counted } from '../text/format.ts';
import type { Breach } from '../verify/ledger.ts';
import type { OrderEnd } from './observe/following.ts';

/** What became of a drill's orders. */
export interface Verdict {
  /** Answered with 201. */
  accepted: number;
  delivered: number;
  /** Ended otherwise, by reason: a payment that is declined is an end, too. */
  cancelled: Record<string, number>;
  /** How many of those were cancelled by nobody's wish: given up, since something was away or a payment was stuck. */
  givenUp: number;
  /** Accepted, and never heard of an end. */
  lost: string[];
  /** Something happened to them twice, or they ended in two ways. */
  duplicated: string[];
  /** What else is not as it must be: sentences. */
  breaches: string[];
  /** Not accepted at once, and tried again. */
  refused: number;
  /** Whether every replica is back in sync. */
  whole: boolean;
  /** Nothing lost, twice or wrong, no more given up than stuck payments explain, something delivered, and the cluster whole again. */
  sound: boolean;
}

/** What customers, the payment provider and the shelves may say. For any other reason an order is given up. */
const WISHED = ['customer_request', 'payment_failed', 'out_of_stock'];

/** The simulated provider leaves some payments stuck, 0.5 % unless told otherwise (SILENT_RATE): so many of the accepted orders may be given up. */
const STUCK_SHARE = 0.02;

const TWICE = ['one-effect-of-a-kind', 'one-end'];

/**
 * @param accepted ids of the orders that the drill placed
 * @param breaches of all orders
 */
export function verdictOf(
  accepted: readonly string[],
  ends: ReadonlyMap<string, OrderEnd>,
  breaches: readonly Breach[],
  { refused, whole }: Pick<Verdict, 'refused' | 'whole'>,
): Verdict {
  const own = new Set(accepted);
  const cancelled: Record<string, number> = {};
  for (const orderId of own) {
    const end = ends.get(orderId);
    if (end?.how === 'cancelled')
      cancelled[end.reason ?? 'unknown'] = (cancelled[end.reason ?? 'unknown'] ?? 0) + 1;
  }
  const lost = [...own].filter((orderId) => !ends.has(orderId));
  // What is missing of an order that has not ended follows from that, and is said already.
  const ours = breaches.filter(({ orderId }) => own.has(orderId) && ends.has(orderId));
  const twice = ours.filter(({ invariant }) => TWICE.includes(invariant));
  const others = ours.filter(({ invariant }) => !TWICE.includes(invariant));
  const duplicated = [...new Set(twice.map(({ orderId }) => orderId))];
  const delivered = [...own].filter((orderId) => ends.get(orderId)?.how === 'delivered').length;
  const givenUp = Object.entries(cancelled).reduce(
    (sum, [reason, n]) => (WISHED.includes(reason) ? sum : sum + n),
    0,
  );
  const ordinary = Math.max(1, own.size * STUCK_SHARE);
  return {
    accepted: own.size,
    delivered,
    cancelled,
    givenUp,
    lost,
    duplicated,
    breaches: others.map(({ orderId, sentences }) => `Order ${orderId} ${sentences.join(', ')}.`),
    refused,
    whole,
    sound:
      whole && delivered > 0 && givenUp <= ordinary && lost.length + duplicated.length + others.length === 0,
  };
}

/** In words: a line of numbers, and what is not as it must be. */
export function renderVerdict(verdict: Verdict, paint: Paint): string[] {
  const { accepted, delivered, cancelled, givenUp, lost, duplicated, breaches, refused, whole, sound } =
    verdict;
  const others = Object.entries(cancelled).map(([reason, n]) => `${n} ${reason.replaceAll('_', ' ')}`);
  const numbers = [
    `${counted(accepted, 'order')} accepted`,
    `${delivered} delivered`,
    ...(others.length > 0
      ? [`${Object.values(cancelled).reduce((a, b) => a + b)} cancelled (${others.join(', ')})`]
      : []),
    `${lost.length} lost`,
    `${duplicated.length} duplicated`,
  ].join(', ');
  return [
    paint(sound ? 'green' : 'red', `${sound ? '✔' : '✖'} ${numbers}`),
    ...(refused > 0
      ? [
          `  ${counted(refused, 'order')} had to be tried again before ${refused === 1 ? 'it was' : 'they were'} accepted`,
        ]
      : []),
    ...(givenUp > 0 ? [`  ${counted(givenUp, 'order')} given up: the payment was not heard of in time`] : []),
    ...(delivered === 0 ? ['  No order was delivered.'] : []),
    ...lost.map((orderId) => `  lost: npx brew watch --order ${orderId} --from beginning`),
    ...duplicated.map((orderId) => `  duplicated: npx brew watch --order ${orderId} --from beginning`),
    ...breaches.map((sentence) => `  ${sentence}`),
    ...(whole ? [] : ['  Not every replica is in sync again. Look at: npx brew topics']),
  ];
}
