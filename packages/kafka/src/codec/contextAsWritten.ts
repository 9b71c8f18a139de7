import type { EventContext } from '@brew/events';
import type { HeaderCursor } from '../reader/headerCursor.ts';
import { isAt } from '../reader/lookup.ts';
import type { RecordInBatch } from '../reader/recordInBatch.ts';
import { textAt } from '../sharedTexts.ts';
import { isTraceparent, isUuid, timeIn } from './writtenForms.ts';

/** In the order in which toHeaders writes them. */
export const HEADERS = [
  'ce_specversion',
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_time',
  'ce_correlationid',
  'ce_causationid',
  'content-type',
  'traceparent',
] as const;

const names = HEADERS.map((name) => Buffer.from(name));
const VERSION = 0;
const ID = 1;
const TYPE = 2;
const SOURCE = 3;
const TIME = 4;
const CORRELATION = 5;
const CAUSATION = 6;
const CONTENT_TYPE = 7;
const TRACE = 8;

const VERSION_1 = Buffer.from('1.0');
const AVRO = Buffer.from('application/avro');

/** Where the values of a record's headers are; both 0 for one that is not there. Reading is synchronous, so that one of each is enough. */
const starts = new Array<number>(names.length).fill(0);
const ends = new Array<number>(names.length).fill(0);

/** With more between them, what comes only once is not made into one text, which each part of it would keep in memory. */
const MOST_IN_ONE = 1_024;

/**
 * The context of an event whose headers are to the letter as Brew writes them, which nearly all are; undefined for any other, which have to be
 * looked at closely. Of what only has to be right no text is made, and what comes only once (ids) is made into one text, of which those are
 * parts: to make them one by one would take several times as long.
 */
export function contextAsWritten(record: RecordInBatch): EventContext | undefined {
  if (!areInOrder(record)) return undefined;
  const { bytes } = record;
  const time = timeIn(bytes, start(TIME), end(TIME));
  const isCaused = end(CAUSATION) > 0;
  const isTraced = end(TRACE) > 0;
  const all = start(ID);
  const endOfAll = isTraced ? end(TRACE) : isCaused ? end(CAUSATION) : end(ID);
  const isAsWritten =
    isText(bytes, VERSION, VERSION_1) &&
    isText(bytes, CONTENT_TYPE, AVRO) &&
    isUuid(bytes, all, end(ID)) &&
    time >= 0 &&
    start(TYPE) < end(TYPE) &&
    start(SOURCE) < end(SOURCE) &&
    start(CORRELATION) < end(CORRELATION) &&
    (!isCaused || isUuid(bytes, start(CAUSATION), end(CAUSATION))) &&
    (!isTraced || isTraceparent(bytes, start(TRACE), end(TRACE))) &&
    endOfAll - all <= MOST_IN_ONE;
  if (!isAsWritten) return undefined;
  // A character is a byte there in any of its parts that count, whatever lies between them.
  const text = bytes.toString('latin1', all, endOfAll);
  return {
    id: text.slice(0, end(ID) - all),
    type: textAt(bytes, start(TYPE), end(TYPE)),
    source: textAt(bytes, start(SOURCE), end(SOURCE)),
    time: new Date(time),
    correlationId: textAt(bytes, start(CORRELATION), end(CORRELATION)),
    causationId: isCaused ? text.slice(start(CAUSATION) - all, end(CAUSATION) - all) : undefined,
    traceparent: isTraced ? text.slice(start(TRACE) - all) : undefined,
  };
}

/** Finds its headers. @returns false when they are not in our order, or one of them comes twice or has no value */
function areInOrder(record: RecordInBatch): boolean {
  starts.fill(0);
  ends.fill(0);
  const headers = record.walkHeaders();
  for (let next = 0; headers.next(); ) {
    const place = placeOf(headers, next);
    if (place < 0) continue;
    if (place < next || headers.valueEnd < headers.valueStart) return false;
    starts[place] = headers.valueStart;
    ends[place] = headers.valueEnd;
    next = place + 1;
  }
  return true;
}

/** Which of our headers it is on, looked for from `next` on, since that is the one that it should be; -1: none of them. */
function placeOf(headers: HeaderCursor, next: number): number {
  for (let i = 0; i < names.length; i++) {
    const place = next + i < names.length ? next + i : next + i - names.length;
    if (headers.isNamed(names[place] as Buffer)) return place;
  }
  return -1;
}

const start = (place: number) => starts[place] as number;
const end = (place: number) => ends[place] as number;

const isText = (bytes: Buffer, place: number, text: Buffer) =>
  end(place) - start(place) === text.length && isAt(bytes, start(place), text);
