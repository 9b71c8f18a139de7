import { clock, grouped as count, counted, fit, money, type Paint, table } from '../text/format.ts';
import { createExamples } from './examples.ts';
import type { Moment } from './follow.ts';
import type { ReportedBreach, Summary } from './report.ts';
import type { Skew } from './skews.ts';
import type { MoneyTotals, StockTotals } from './totals.ts';

/** While it reads: how far it is. */
export function renderProgress(
  { read, total, problem }: { read: number; total: number; problem: unknown },
  elapsedMs: number,
): string {
  if (problem !== undefined)
    return 'The topics can not be read at the moment: it goes on when they can, and ends when that takes too long.';
  const rate = Math.round((read * 1_000) / elapsedMs);
  return `${count(read)} of ${count(total)} records read, ${count(rate)} a second`;
}

/** The whole report: what was read, what holds and what doesn't, and who breaks it. */
export function renderReport(report: Summary, breaches: Iterable<ReportedBreach>, paint: Paint): string[] {
  const { counts, invariants, stock } = report;
  return [
    ...invariants.map(({ name, promise, breaches: broken, unchecked }) => {
      const mark = broken === 0 ? paint('green', '✔') : paint('red', '✖');
      const not = broken === 0 ? '' : paint('red', `: not for ${count(broken)}`);
      return `${mark} ${fit(name, 21)}  ${promise}${not}${uncheckedPart(unchecked, counts.orders, paint)}`;
    }),
    '',
    ...table(
      [
        ['orders', 'delivered', 'cancelled', 'open', 'events', 'repeats'],
        [counts.orders, counts.delivered, counts.cancelled, counts.open, counts.events, counts.repeats].map(
          count,
        ),
      ],
      [0, 1, 2, 3, 4, 5],
    ),
    ...Object.entries(report.money).map(([currency, sums]) => moneyLine(currency, sums)),
    ...(stock.reserved > 0 ? [stockLine(stock)] : []),
    ...report.skews.map(skewLine),
    ...(counts.curtailed > 0
      ? [
          `${counted(counts.curtailed, 'order is', 'orders are')} older than what all topics still hold: only what is there of them was checked.`,
        ]
      : []),
    ...(counts.untaken > 0
      ? [
          `${count(counts.untaken)} events of further orders were not looked at: there is no memory for more. Give it some: NODE_OPTIONS=--max-old-space-size=8192`,
        ]
      : []),
    ...renderExamples(breaches, paint),
  ];
}

/** Beside what holds as far as it could be looked at. */
const uncheckedPart = (unchecked: number, orders: number, paint: Paint): string =>
  unchecked === 0 ? '' : paint('yellow', ` (${count(unchecked)} of ${count(orders)} not checked wholly)`);

/** The first of each kind, and how many more there are. */
export function renderExamples(breaches: Iterable<ReportedBreach>, paint: Paint): string[] {
  const examples = createExamples(({ invariant }: ReportedBreach) => invariant);
  const lines: string[] = [];
  for (const breach of breaches) if (examples.take(breach)) lines.push('', ...renderBreach(breach, paint));
  const rest = examples.rest();
  return rest === undefined ? lines : [...lines, '', rest];
}

/**
 * Where to look for what was not done.
 * @param unknown groups that could not be asked
 */
export function renderLettersHint(
  found: readonly { group: string; waiting: number }[],
  unknown: readonly string[],
): string[] {
  const some = found.filter(({ waiting }) => waiting > 0);
  const total = some.reduce((sum, { waiting }) => sum + waiting, 0);
  const told = some.map(({ group, waiting }) => `${group} ${count(waiting)}`).join(', ');
  const lines = [
    ...(total > 0
      ? [
          `${counted(total, 'dead letter waits', 'dead letters wait')}, which may be why (${told}): npx brew dlq`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`The dead letters of ${unknown.join(', ')} are not known: npx brew dlq tells why.`]
      : []),
  ];
  return lines.length > 0 ? ['', ...lines] : [];
}

function moneyLine(currency: string, sums: MoneyTotals): string {
  const { received, late, refunded, delivered, held, agree } = sums;
  const of = (amount: number) => money({ amount, currency });
  return (
    `received ${of(received)}${late > 0 ? `, not accepted ${of(late)}` : ''}: ` +
    `given back ${of(refunded)}, delivered ${of(delivered)}, held for open orders ${of(held)}` +
    (agree ? '' : ' (does not add up)')
  );
}

/** No order of events is told by times, so this is no breach. */
const skewLine = ({ behind, of, seconds }: Skew) =>
  `clocks differ: events of ${behind} are up to ${seconds.toFixed(1)} s earlier than those of ${of} that led to them`;

function stockLine({ reserved, released, sold, kept, uneven }: StockTotals): string {
  const shelves = uneven.slice(0, 3).join(', ');
  return (
    `reserved ${count(reserved)} items: released ${count(released)}, sold ${count(sold)}, ` +
    `kept for open orders ${count(kept)}` +
    (uneven.length === 0 ? '' : ` (does not add up for ${count(uneven.length)} shelves: ${shelves} …)`)
  );
}

/** What is broken, by which order, and the order's events. */
export function renderBreach(
  { invariant, orderId, sentences, events }: ReportedBreach,
  paint: Paint,
): string[] {
  const subject = orderId === undefined ? '' : `order ${orderId} `;
  return [
    ...sentences.map((sentence) => `${paint('red', `✖ ${invariant}`)}: ${subject}${sentence}`),
    ...table(
      events.map(({ time, type, topic, partition, offset }) => [
        ' ',
        clock(new Date(time), 'ms'),
        type,
        `${topic}, partition ${partition}, offset ${offset}`,
      ]),
    ),
  ];
}

/** A line a second. */
export function renderMoment(moment: Moment, paint: Paint): string {
  const { time, orders, open, delivered, cancelled, eventsPerSecond, lag, breaches } = moment;
  return [
    paint('dim', clock(new Date(time))),
    `orders ${count(orders)}`,
    `open ${count(open)}`,
    `delivered ${count(delivered)}`,
    `cancelled ${count(cancelled)}`,
    `events/s ${count(eventsPerSecond)}`,
    `lag ${lag === null ? '?' : count(lag)}`,
    breaches === 0 ? 'breaches 0' : paint('red', `breaches ${count(breaches)}`),
  ].join('  ');
}
