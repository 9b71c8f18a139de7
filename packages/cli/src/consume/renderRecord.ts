import { bytes, clock, fit, type Paint, wrap } from '../text/format.ts';
import { onOneLine } from '../text/visible.ts';
import { eventJson, renderEvent, shortened } from '../watch/renderEvent.ts';
import { deadLetterIn, reasonOf } from './deadLetter.ts';
import type { Decoded, DecodedRecord } from './decodeRecord.ts';
import { headersByName, headersOf, keyTextOf } from './rawTexts.ts';

const WHERE_WIDTH = 8;
const INDENT = WHERE_WIDTH + 2;

/** More of a value than anybody reads; `--json` and `--raw` have all of it. In characters. */
const MOST_SHOWN = 10_000;

/**
 * Where it lies, when, its key, and what it is: all of it, in as many lines as that takes; of a dead letter also why it is there.
 * @param columns 0: one line
 * @param headers all of them, each on a line of its own
 */
export function renderRecord(
  decodedRecord: DecodedRecord,
  columns: number,
  paint: Paint,
  headers = false,
): string[] {
  const { record } = decodedRecord;
  const letter = deadLetterIn(record);
  const where = paint('dim', fit(`${record.partition}/${record.offset}`, WHERE_WIDTH));
  const [first = '', ...more] = wrap(
    textOfRecord(decodedRecord, paint),
    columns > 0 ? Math.max(INDENT, columns - INDENT) : 0,
  );
  const below = [
    ...more,
    ...(letter ? [paint('red', onOneLine(reasonOf(letter)))] : []),
    ...(headers ? headersOf(record).map((header) => renderHeader(header, paint)) : []),
  ];
  return [`${where}  ${first}`, ...below.map((line) => ' '.repeat(INDENT) + line)];
}

function textOfRecord({ record, decoded, problem }: DecodedRecord, paint: Paint): string {
  if (decoded.kind === 'event') return renderEvent({ record, event: decoded.event }, 0, paint);
  return [
    clock(record.timestamp, 'ms'),
    paint('dim', onOneLine(shortened(keyTextOf(record) ?? '-'))),
    ...(decoded.kind === 'avro' ? [paint('cyan', onOneLine(decoded.schema))] : []),
    textOf(decoded, paint),
    ...(problem === undefined ? [] : [paint('red', onOneLine(problem))]),
  ].join('  ');
}

const renderHeader = ([name, value]: [string, string | null], paint: Paint) =>
  `${paint('dim', onOneLine(shortened(name)))} ${value === null ? paint('dim', 'null') : onOneLine(shortened(value, MOST_SHOWN))}`;

/** A value on one line. */
export function textOf(decoded: Exclude<Decoded, { kind: 'event' }>, paint: Paint): string {
  switch (decoded.kind) {
    case 'avro':
    case 'json':
      return onOneLine(shortened(JSON.stringify(decoded.data), MOST_SHOWN));
    case 'text':
      return onOneLine(shortened(decoded.text, MOST_SHOWN));
    case 'bytes':
      return decoded.bytes.length * 2 > MOST_SHOWN
        ? `${decoded.bytes.length} bytes (${bytes(decoded.bytes.length)}): ${decoded.bytes.toString('hex', 0, MOST_SHOWN / 2)}…`
        : `${decoded.bytes.length} bytes: ${decoded.bytes.toString('hex')}`;
    case 'tombstone':
      return paint('dim', 'removed');
  }
}

/**
 * One JSON object a line. Events are as `brew watch --json` has them; everything else says what it is taken for. A dead letter also says
 * why it is one.
 * @param headers also of events: the others have them anyway
 */
export function recordJson({ record, decoded, problem }: DecodedRecord, headers = false): string {
  const letter = deadLetterIn(record);
  const more = { ...(letter && { deadLetter: letter }) };
  if (decoded.kind === 'event') {
    return eventJson(
      { record, event: decoded.event },
      { ...(headers && { headers: headersByName(record) }), ...more },
    );
  }
  const { topic, partition, offset, timestamp } = record;
  return JSON.stringify({
    ...{ topic, partition, offset: Number(offset), key: keyTextOf(record), timestamp },
    headers: headersByName(record),
    ...contentOf(decoded),
    ...(problem !== undefined && { problem }),
    ...more,
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
