import { find, type OrderState } from '../../orderState.ts';
import type { SeenEvent } from '../../seen.ts';
import type { ReportLine, ReportName } from '../sql/analytics.ts';

/** By what a line is about, its numbers. */
type Tally = Map<string, number[]>;

/** The steps of the funnel, by the events that tell of them. */
const stepOf: Readonly<Record<string, string>> = {
  OrderPlaced: 'placed',
  StockReserved: 'stockReserved',
  PaymentReceived: 'paid',
  KitchenStarted: 'started',
  OrderReady: 'ready',
  CourierAssigned: 'assigned',
  OrderDelivered: 'delivered',
  OrderCancelled: 'cancelled',
  PaymentRefunded: 'refunded',
};

type Lines = Generator<readonly [what: string, ...values: number[]]>;

/** What one order adds to a report, by those of its events that are in it. */
const additions: Record<ReportName, (order: OrderState) => Lines> = {
  *sales(order) {
    const placed = find(order, 'OrderPlaced');
    if (!placed?.amount || !find(order, 'OrderDelivered')) return;
    yield [`${placed.stock?.cafeId}, ${placed.amount.currency}`, 1, placed.amount.amount];
  },
  *funnel({ events }) {
    const taken = new Set<string>();
    for (const { name, detail } of events) {
      const step = stepOf[name];
      if (step === undefined || taken.has(step)) continue;
      taken.add(step);
      yield [step === 'cancelled' ? `${step}, ${detail}` : step, 1];
    }
  },
  *top_drinks(order) {
    for (const { sku, drinks } of find(order, 'OrderPlaced')?.stock?.lines ?? []) {
      if (drinks) yield [sku, drinks, 1];
    }
  },
};

/** A report as the topics have it. @param isIn whether an event was read before the report was looked at */
export function tallyReport(
  name: ReportName,
  orders: Iterable<OrderState>,
  isIn: (event: SeenEvent) => boolean,
): Tally {
  const tally: Tally = new Map();
  for (const order of orders) {
    for (const [what, ...values] of additions[name]({ ...order, events: order.events.filter(isIn) })) {
      const before = tally.get(what);
      tally.set(what, before ? before.map((value, i) => value + (values[i] ?? 0)) : values);
    }
  }
  return tally;
}

/** The lines that differ: sentences. */
export function compareReport(lines: readonly ReportLine[], tally: Tally): string[] {
  const stored = new Map(lines.map(({ what, values }) => [what, values]));
  const names = [...new Set([...stored.keys(), ...tally.keys()])].toSorted();
  return names.flatMap((what) => {
    const inWords = (values: readonly number[] = []) => values.join(' and ') || 'nothing';
    const [report, topics] = [inWords(stored.get(what)), inWords(tally.get(what))];
    return report === topics ? [] : [`${what}: ${report} by the report, ${topics} by the topics`];
  });
}
