import { clock, cut, fit, type Paint } from '../text/format.ts';
import { eventJson, renderEvent } from '../watch/renderEvent.ts';
import type { Decoded, DecodedRecord } from './decodeRecord.ts';

/** One line: where it lies, when, its key, and what it is. `columns` 0: as long as it gets. */
export function renderRecord(
  { record, decoded, problem }: DecodedRecord,
  columns: number,
  paint: Paint,
): string {
  const where = paint('dim', fit(`${record.partition}/${record.offset}`, 8));
  if (decoded.kind === 'event') {
    const room = columns > 0 ? Math.max(1, columns - 10) : 0;
    return `${where}  ${renderEvent({ record, event: decoded.event }, room, paint)}`;
  }
  const line = [
    where,
    clock(record.timestamp, 'ms'),
    paint('dim', record.key ?? '-'),
    ...(decoded.kind === 'avro' ? [paint('cyan', decoded.schema)] : []),
    textOf(decoded, paint),
    ...(problem === undefined ? [] : [paint('red', problem)]),
  ].join('  ');
  return columns > 0 ? cut(line, columns) : line;
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
