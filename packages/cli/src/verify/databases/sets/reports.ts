import { find, type OrderState } from '../../orderState.ts';
import { happenedAt, type SeenEvent } from '../../seen.ts';
import type { ReportName, StoredReport } from '../sql/analytics.ts';
import { timeOf } from './timeOf.ts';

/** By what a line is about, and by its hour, its numbers. */
type Tally = Map<string, Map<number, number[]>>;

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

/** The stages of latencies, by the events that tell of them. */
const stages = {
  paid: 'PaymentReceived',
  started: 'KitchenStarted',
  ready: 'OrderReady',
  delivered: 'OrderDelivered',
};

/** What a line is about, when that happened, and what it adds. */
type Lines = Generator<readonly [what: string, at: number, ...values: number[]]>;

/** What one order adds to a report, by those of its events that are in it. */
const additions: Record<ReportName, (order: OrderState) => Lines> = {
  *sales(order) {
    const placed = find(order, 'OrderPlaced');
    const delivered = find(order, 'OrderDelivered');
    if (!placed?.amount || !delivered) return;
    const what = `${placed.stock?.cafeId}, ${placed.amount.currency}`;
    yield [what, happenedAt(delivered), 1, placed.amount.amount];
  },
  *funnel({ events }) {
    const taken = new Set<string>();
    for (const event of events) {
      const step = stepOf[event.name];
      if (step === undefined || taken.has(step)) continue;
      taken.add(step);
      yield [step === 'cancelled' ? `${step}, ${event.detail}` : step, happenedAt(event), 1];
    }
  },
  *top_drinks(order) {
    const placed = find(order, 'OrderPlaced');
    if (!placed) return;
    for (const { sku, drinks } of placed.stock?.lines ?? []) {
      if (drinks) yield [sku, happenedAt(placed), drinks, 1];
    }
  },
  *latency(order) {
    const placed = find(order, 'OrderPlaced');
    if (!placed) return;
    const placedAt = happenedAt(placed);
    for (const [stage, name] of Object.entries(stages)) {
      const event = find(order, name);
      if (event) yield [stage, placedAt, 1, roughly(happenedAt(event) - placedAt)];
    }
  },
};

/** 24 days: no more fits. */
const LONGEST_MS = 2 ** 31 - 1;

/** As analytics keeps durations: to 8 significant bits, so that many orders have the same. */
function roughly(duration: number): number {
  const ms = Math.min(Math.max(0, duration), LONGEST_MS);
  const unit = 2 ** Math.max(0, 24 - Math.clz32(ms));
  return Math.min(Math.round(ms / unit) * unit, LONGEST_MS);
}

const HOUR_MS = 60 * 60 * 1_000;
/** What happened before hours were kept stands under this one. */
const BEFORE = Number.NEGATIVE_INFINITY;

const hourOf = (at: number, { hoursSince }: Pick<StoredReport, 'hoursSince'>): number =>
  at < hoursSince ? BEFORE : Math.floor(at / HOUR_MS) * HOUR_MS;

function add(tally: Tally, what: string, hour: number, values: readonly number[]): void {
  const hours = tally.get(what) ?? new Map<number, number[]>();
  tally.set(what, hours);
  const before = hours.get(hour);
  hours.set(hour, before ? before.map((value, i) => value + (values[i] ?? 0)) : [...values]);
}

/** A report as the topics have it. @param isIn whether an event was read before the report was looked at */
export function tallyReport(
  name: ReportName,
  report: Pick<StoredReport, 'hoursSince'>,
  orders: Iterable<OrderState>,
  isIn: (event: SeenEvent) => boolean,
): Tally {
  const tally: Tally = new Map();
  for (const order of orders) {
    for (const [what, at, ...values] of additions[name]({ ...order, events: order.events.filter(isIn) }))
      add(tally, what, hourOf(at, report), values);
  }
  return tally;
}

/** The lines that differ: sentences. */
export function compareReport(report: Pick<StoredReport, 'hoursSince' | 'lines'>, tally: Tally): string[] {
  const stored: Tally = new Map();
  for (const { what, hour, values } of report.lines) add(stored, what, hourOf(hour, report), values);
  const names = [...new Set([...stored.keys(), ...tally.keys()])].toSorted();
  return names.flatMap((what) => {
    const [ofReport, ofTopics] = [stored.get(what), tally.get(what)];
    const hours = new Set([...(ofReport?.keys() ?? []), ...(ofTopics?.keys() ?? [])]);
    return [...hours]
      .toSorted((a, b) => a - b)
      .flatMap((hour) => {
        const [kept, told] = [inWords(ofReport?.get(hour)), inWords(ofTopics?.get(hour))];
        const when = hour === BEFORE ? 'before hours were kept' : timeOf(hour);
        return kept === told ? [] : [`${what}, ${when}: ${kept} by the report, ${told} by the topics`];
      });
  });
}

const inWords = (values: readonly number[] = []) => values.join(' and ') || 'nothing';
