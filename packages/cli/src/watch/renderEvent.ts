import type { Event } from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { clock, cut, fit, money, type Paint } from '../text/format.ts';
import { onOneLine } from '../text/visible.ts';

/** An event with the record that carried it; without one, if it can't be decoded or is a tombstone. */
export interface WatchedRecord {
  record: ReceivedRecord;
  event: Event | undefined;
  /** Why there is no event. */
  problem?: string | undefined;
}

const nameWidth = 22;

/** One line: time, type, order (or sku), and what is worth knowing of the data. `columns` 0: as long as it gets. */
export function renderEvent(
  { record, event, problem }: WatchedRecord,
  columns: number,
  paint: Paint,
): string {
  const time = clock(event?.time ?? record.timestamp, 'ms');
  const name = event?.type.name ?? (problem === undefined ? 'removed' : '?');
  const key = onOneLine(shortened(event?.correlationId ?? record.key ?? ''));
  const line = [
    time,
    paint('dim', key),
    paint(colourOf(name), fit(name, nameWidth)),
    onOneLine(event ? summary(event) : lies(record, problem)),
  ].join('  ');
  return columns > 0 ? cut(line, columns) : line.trimEnd();
}

/** One JSON object a line, for jq: the event as it is, and where its record lies, and what is to be told beside. */
export function eventJson({ record, event, problem }: WatchedRecord, more: object = {}): string {
  const { topic, partition, offset, key } = record;
  return JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    key,
    ...(event && { ...event, type: event.type.type }),
    ...(event === undefined && { data: null, problem: problem ?? 'tombstone' }),
    ...more,
  });
}

function colourOf(name: string) {
  if (/Cancelled|Failed|Rejected|Dropped|Requested/.test(name)) return 'red';
  return /Delivered|Received|Ready/.test(name) ? 'green' : 'cyan';
}

/** The fields of the data but ids that the line shows already, in their order. */
function summary(event: Event): string {
  const entries = Object.entries(event.data as Record<string, unknown>);
  return entries
    .filter(
      ([field]) => !['orderId', 'sku', 'paymentId', 'refundId'].includes(field) && !field.endsWith('At'),
    )
    .map(([field, value]) => `${field} ${brief(value)}`)
    .join(', ');
}

/** Anybody may write a key of a megabyte. */
export const shortened = (text: string, length = 200): string =>
  text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;

function lies({ topic, partition, offset }: ReceivedRecord, problem: string | undefined): string {
  const where = `${topic}, partition ${partition}, offset ${offset}`;
  return problem === undefined ? where : `${problem} (${where})`;
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.map(brief).join(' + ');
  if (typeof value !== 'object' || value === null) return String(value);
  if (isMoney(value)) return money(value);
  const { name, sku, quantity, requested, available } = value as Record<string, unknown>;
  if (requested !== undefined) return `${sku} (${requested} wanted, ${available} there)`;
  const what = String(name ?? sku ?? JSON.stringify(value));
  return typeof quantity === 'number' && quantity > 1 ? `${quantity} ${what}` : what;
}

function isMoney(value: object): value is { amount: number; currency: string } {
  return 'amount' in value && 'currency' in value;
}
