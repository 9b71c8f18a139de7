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
  /** Nothing lost, nothing twice, nothing wrong, and the cluster whole again. */
  sound: boolean;
}

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
  return {
    accepted: own.size,
    delivered: [...own].filter((orderId) => ends.get(orderId)?.how === 'delivered').length,
    cancelled,
    lost,
    duplicated,
    breaches: others.map(({ orderId, sentences }) => `Order ${orderId} ${sentences.join(', ')}.`),
    refused,
    whole,
    sound: whole && lost.length + duplicated.length + others.length === 0,
  };
}

/** In words: a line of numbers, and what is not as it must be. */
export function renderVerdict(verdict: Verdict, paint: Paint): string[] {
  const { accepted, delivered, cancelled, lost, duplicated, breaches, refused, whole, sound } = verdict;
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
    ...lost.map((orderId) => `  lost: npx brew watch --order ${orderId} --from beginning`),
    ...duplicated.map((orderId) => `  duplicated: npx brew watch --order ${orderId} --from beginning`),
    ...breaches.map((sentence) => `  ${sentence}`),
    ...(whole ? [] : ['  Not every replica is in sync again. Look at: npx brew topics']),
  ];
}
