import { randomBytes } from 'node:crypto';

/** Where in which trace something happens. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero: the whole trace, from the customer's request to the last event. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero: this step of it. */
  readonly spanId: string;
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean;
}

// 00-<trace>-<span>-<flags>. A later version may append fields, which a reader of this version ignores.
const TRACEPARENT =
  /^(?!ff)(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;
const SAMPLED = 0x01;

/**
 * Reads a traceparent header.
 * @returns undefined when there is none or it is malformed: the specification then asks for a new trace, not an error
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const parts = header === undefined ? undefined : TRACEPARENT.exec(header)?.groups;
  if (parts === undefined) return undefined;
  const { version, traceId = '', spanId = '', flags = '', rest } = parts;
  if (version === '00' && rest !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

// The same, without its parts.
const WELL_FORMED =
  /^(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/;

/** Whether parseTraceparent takes it. */
export const isTraceparent = (header: string | undefined): boolean =>
  header !== undefined && WELL_FORMED.test(header);

/** Writes a traceparent header. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** Begins a trace. */
export function newTrace(): TraceContext {
  return { traceId: randomHex(16), spanId: randomHex(8), sampled: true };
}

/** A step that follows from another: the same trace, a new span. */
export function childOf(parent: TraceContext): TraceContext {
  return { ...parent, spanId: randomHex(8) };
}

/** The header for a step that follows from another's header; of a new trace when that is absent or malformed. */
export function childTraceparent(header: string | undefined): string {
  const parent = parseTraceparent(header);
  return formatTraceparent(parent === undefined ? newTrace() : childOf(parent));
}

function randomHex(bytes: number): string {
  const hex = randomBytes(bytes).toString('hex');
  // All zeros means "invalid". It comes up once in 2^64 spans, and a retry costs nothing.
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
}
