import { clock, fit, type Paint, wrap } from '../text/format.ts';
import { eventJson, renderEvent } from '../watch/renderEvent.ts';
import type { Decoded, DecodedRecord } from './decodeRecord.ts';

const WHERE_WIDTH = 8;
const INDENT = WHERE_WIDTH + 2;

/**
 * Where it lies, when, its key, and what it is: all of it, in as many lines as that takes.
 * @param columns 0: one line
 */
export function renderRecord(
  { record, decoded, problem }: DecodedRecord,
  columns: number,
  paint: Paint,
): string[] {
  const where = paint('dim', fit(`${record.partition}/${record.offset}`, WHERE_WIDTH));
  const text =
    decoded.kind === 'event'
      ? renderEvent({ record, event: decoded.event }, 0, paint)
      : [
          clock(record.timestamp, 'ms'),
          paint('dim', record.key ?? '-'),
          ...(decoded.kind === 'avro' ? [paint('cyan', decoded.schema)] : []),
          textOf(decoded, paint),
          ...(problem === undefined ? [] : [paint('red', problem)]),
        ].join('  ');
  const [first = '', ...more] = wrap(text, columns > 0 ? Math.max(INDENT, columns - INDENT) : 0);
  return [`${where}  ${first}`, ...more.map((line) => ' '.repeat(INDENT) + line)];
}

function textOf(decoded: Exclude<Decoded, { kind: 'event' }>, paint: Paint): string {
  switch (decoded.kind) {
    case 'avro':
    case 'json':
      return JSON.stringify(decoded.data);
    case 'text':
      return decoded.text;
    case 'bytes':
      return `${decoded.bytes.length} bytes: ${decoded.bytes.toString('hex')}`;
    case 'tombstone':
      return paint('dim', 'removed');
  }
}

/** One JSON object a line. Events are as `brew watch --json` has them; everything else says what it is taken for. */
export function recordJson({ record, decoded, problem }: DecodedRecord): string {
  if (decoded.kind === 'event') return eventJson({ record, event: decoded.event });
  const { topic, partition, offset, key, timestamp, headers } = record;
  return JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    key,
    timestamp,
    headers,
    ...contentOf(decoded),
    ...(problem !== undefined && { problem }),
  });
}

function contentOf(decoded: Exclude<Decoded, { kind: 'event' }>): Record<string, unknown> {
  switch (decoded.kind) {
    case 'avro':
      return { schema: decoded.schema, data: decoded.data };
    case 'json':
      return { data: decoded.data };
    case 'text':
      return { value: decoded.text };
    case 'bytes':
      return { base64: decoded.bytes.toString('base64') };
    case 'tombstone':
      return { value: null };
  }
}
