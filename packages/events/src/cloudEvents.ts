import { BrewError } from './errors.ts';
import type { EventType } from './eventType.ts';
import { rules } from './rules.ts';
import { isTraceparent } from './traceContext.ts';

/** What a record's headers tell of its event. */
export interface EventContext {
  /** UUIDv7, in lower case. Consumers tell by it whether they have had the event before. */
  id: string;
  /** Full name of the event type, such as brew.orders.v1.OrderPlaced. */
  type: string;
  /** Who wrote it, such as /brew/order. */
  source: string;
  /** When it happened, to the millisecond. */
  time: Date;
  /** What it belongs to: the order, or the sku. */
  correlationId: string;
  /** The id of the event that led to this one. */
  causationId?: string | undefined;
  /** W3C trace context of the step that emitted it. */
  traceparent?: string | undefined;
}

/** An event as handlers see it: its data, and what the headers tell. */
export interface Event<Data = unknown> extends Omit<EventContext, 'type'> {
  type: EventType<Data>;
  data: Data;
}

/**
 * A record's headers are missing or malformed, so nobody can tell what it is. It was not written by Brew: find
 * the program that writes to the topic. Never succeeds later; the record belongs in the DLQ.
 */
export class InvalidHeadersError extends BrewError {
  constructor(problems: readonly string[]) {
    super('BREW_HEADERS_INVALID', `The record is no CloudEvent of Brew: ${problems.join('; ')}.`);
  }
}

const CONTENT_TYPE = 'application/avro';
// Date.parse alone also takes "2026", "1 May" and times without a zone, which it would read as local time.
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * The headers of an event's record: CloudEvents 1.0, Kafka binding, binary mode. The data alone is the value.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export function toHeaders(context: EventContext): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: context.id,
    ce_type: context.type,
    ce_source: context.source,
    ce_time: context.time.toISOString(),
    ce_correlationid: context.correlationId,
    ...(context.causationId !== undefined && { ce_causationid: context.causationId }),
    'content-type': CONTENT_TYPE,
    ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
  };
}

/** Headers as texts, by their names. */
type Headers = Readonly<Partial<Record<string, string>>>;

/**
 * Reads what toHeaders wrote. Headers that it does not know are left alone; a malformed traceparent counts as
 * none, since a broken trace must not stop an order.
 * @throws InvalidHeadersError naming everything that is wrong, not only the first
 */
export function fromHeaders(headers: Headers): EventContext {
  const problems: string[] = [];
  const required = (name: string): string => {
    const value = headers[name] ?? '';
    if (value === '') problems.push(`${name} is missing`);
    return value;
  };

  const specversion = required('ce_specversion');
  if (specversion !== '' && specversion !== '1.0')
    problems.push(`ce_specversion is "${specversion.slice(0, SHOWN)}", not "1.0"`);
  const contentType = required('content-type');
  if (contentType !== '' && mediaType(contentType) !== CONTENT_TYPE) {
    problems.push(`content-type is "${contentType.slice(0, SHOWN)}", not "${CONTENT_TYPE}"`);
  }
  const ceTime = required('ce_time');
  const time = new Date(RFC_3339.test(ceTime) ? ceTime.toUpperCase() : Number.NaN);
  if (ceTime !== '' && Number.isNaN(time.getTime()))
    problems.push(`ce_time "${ceTime.slice(0, SHOWN)}" is not an RFC 3339 time`);

  const context: EventContext = {
    id: asWeWriteIt(required('ce_id')),
    type: required('ce_type'),
    source: required('ce_source'),
    time,
    correlationId: required('ce_correlationid'),
  };
  if (problems.length > 0) throw new InvalidHeadersError(problems);
  const { ce_causationid: causationId, traceparent } = headers;
  if (causationId) context.causationId = asWeWriteIt(causationId);
  if (isTraceparent(traceparent)) context.traceparent = traceparent;
  return context;
}

/** A UUID is the same one in capitals, as some libraries write it: we know it by its lower case. */
function asWeWriteIt(id: string): string {
  const lower = id.toLowerCase();
  if (lower === id) return id;
  return rules.uuid.pattern.test(lower) ? lower : id;
}

/**
 * What of an event's context Brew itself could not have made; undefined: nothing. Its type is for the registry of types to know, its
 * correlation id to be compared with the key.
 */
export function problemInContext({ id, time }: EventContext): string | undefined {
  if (!rules.uuid.pattern.test(id)) return `ce_id "${id.slice(0, SHOWN)}" is not a UUID`;
  const { min, max } = rules.time;
  if (time.getTime() < min || time.getTime() > max) return `ce_time ${time.toISOString()} is before 1970`;
  return undefined;
}

/** Whoever wrote it may have written a megabyte. */
const SHOWN = 100;

/** Media types are case-insensitive and may carry parameters. */
function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
