import { plainly } from '../consume/decodeRecord.ts';
import { textOf } from '../consume/renderRecord.ts';
import { bytes, counted, type Paint, table } from '../text/format.ts';
import { onOneLine } from '../text/visible.ts';
import { shortened } from '../watch/renderEvent.ts';
import type { LetterDetails } from './letters.ts';
import { ago, errorOf, keyOf, type Look, nameOf, renderLetters, safe } from './renderLetters.ts';

/** More of a text than anybody reads; `--json` has all of it. In characters. */
const MOST_SHOWN = 10_000;

/** All of a letter: what became of it, where it came from, why it is here, its headers and its value, and what waits behind it. */
export function renderDetails(
  letter: LetterDetails,
  {
    instead,
    ...look
  }: Look & {
    /** Of a redrive, where its service does none. */
    instead?: string;
  },
): string[] {
  const { now, paint } = look;
  const { status, reason, parkedAt, headers, stack, waitsBehind, behind } = letter;
  return [
    `${paint('bold', nameOf(letter))}: ${status}; parked ${ago(parkedAt, now)} ago: ${safe(reason)}`,
    ...table(facts(letter, now).map(([title, text]) => ['', paint('dim', title), text])),
    ...section('Headers', paint, headers.map(headerText)),
    ...section(`Value, ${counted(letter.valueBytes, 'byte')}`, paint, valueLines(letter, paint)),
    ...section('Stack', paint, stackLines(stack ?? '')),
    ...(waitsBehind.length === 0
      ? []
      : [
          '',
          paint('dim', `Behind it ${behind === 1 ? 'waits' : 'wait'} ${counted(behind, 'letter')}`),
          ...renderLetters(waitsBehind, look),
        ]),
    '',
    ...nextSteps(letter, instead),
  ];
}

/** It stands for records that nobody has seen: there is neither a time nor a value. */
const isOfDeleted = ({ reason }: LetterDetails): boolean => reason === 'deleted';

/** Titles and texts; what there is nothing to say of is left out. */
function facts(letter: LetterDetails, now: Date): [title: string, text: string][] {
  const { group, type, error, attempts, before, sourceTimestamp, dlqPartition, dlqOffset } = letter;
  const times = attempts > 0 ? ` (after ${counted(attempts, 'attempt')})` : '';
  const all: [title: string, text: string | undefined][] = [
    ['event', type === null ? undefined : safe(type)],
    ['from', sourceOf(letter)],
    ['key', keyOf(letter)],
    ['written', isOfDeleted(letter) ? undefined : safe(sourceTimestamp)],
    ['lies in', `${group}.dlq, partition ${dlqPartition}, offset ${dlqOffset}`],
    ['error', error === null ? undefined : `${errorOf(letter)}${times}`],
    ['redrives', redrivesOf(letter, now)],
    ['waits for', before === null ? undefined : `${nameOf(before)} ${errorOf(before)}`.trim()],
    [letter.status, resolutionOf(letter)],
  ];
  return all.flatMap(([title, text]) => (text === undefined ? [] : [[title, text]]));
}

function sourceOf({ topic, partition, offset, lastOffset }: LetterDetails): string | undefined {
  if (topic === null) return undefined;
  const offsets = lastOffset === null ? `offset ${offset}` : `offsets ${offset} to ${lastOffset}`;
  return `${safe(topic)}, partition ${partition}, ${offsets}`;
}

function redrivesOf({ redrives, lastRedriveAt, lastError }: LetterDetails, now: Date): string | undefined {
  if (redrives === 0) return undefined;
  const last = lastRedriveAt === null ? '' : `, the last ${ago(lastRedriveAt, now)} ago`;
  return `${counted(redrives, 'time')} in vain${last}: ${safe(lastError ?? '')}`;
}

function resolutionOf({ resolution }: LetterDetails): string | undefined {
  if (resolution === null) return undefined;
  const { at, by, why } = resolution;
  return `${safe(at)} by ${safe(by ?? 'nobody knows whom')}${why === null ? '' : `: ${safe(why)}`}`;
}

function headerText({ name, value, encoding }: LetterDetails['headers'][number]): string {
  const text = value === null ? 'null' : onOneLine(long(value));
  return `${safe(name)}: ${text}${encoding ? ` (${encoding})` : ''}`;
}

/** The event, where it could be decoded; else the bytes as well as they can be told. */
function valueLines(letter: LetterDetails, paint: Paint): string[] {
  const { data, value, missing, status, valueBytes } = letter;
  if (isOfDeleted(letter)) return [];
  if (data !== null && data !== undefined) return dataLines(data);
  if (value !== null) return [textOf(plainly(Buffer.from(value, 'base64')), paint)];
  if (status === 'waiting' && missing !== null) {
    return [
      `Too large for a letter (${bytes(valueBytes)}), or lost: ${safe(missing)} may still be where it came from.`,
    ];
  }
  return [status === 'waiting' ? 'None: it removes the key.' : 'Dropped when that was done.'];
}

function dataLines(data: unknown): string[] {
  const compact = JSON.stringify(data);
  // Indented, what is nested deeply would be its length squared.
  const text = compact.length > MOST_SHOWN ? compact : JSON.stringify(data, null, 2);
  return long(text).split('\n').map(onOneLine);
}

const section = (title: string, paint: Paint, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', paint('dim', title), ...lines.map((line) => `  ${line}`)];

const stackLines = (stack: string): string[] => long(stack).split('\n').filter(Boolean).map(onOneLine);

const long = (text: string): string => shortened(text, MOST_SHOWN);

function nextSteps(letter: LetterDetails, instead: string | undefined): string[] {
  const { group, id, status, reason, redrivable, before, dlqPartition, dlqOffset } = letter;
  if (status !== 'waiting') {
    return [
      `Its bytes, as long as ${group}.dlq has them: npx brew consume ${group}.dlq --partition ${dlqPartition} --from ${dlqOffset} --limit 1 --headers`,
      `Who did that, and what else: npx brew dlq log ${group}`,
    ];
  }
  const discard = `npx brew dlq discard ${group} ${id} --why TEXT`;
  if (!redrivable) {
    return [
      `It can't be redriven. ${safe(instead ?? FIRST[reason] ?? '')}`.trim(),
      `After that, take it away with: ${discard}`,
    ];
  }
  if (before !== null)
    return [`It goes with the one that it waits for: npx brew dlq redrive ${group} ${before.id}`];
  return [
    `Once that is mended: npx brew dlq redrive ${group} ${id}`,
    `Or take it away, and what it asks for is never done: ${discard}`,
  ];
}

/** What to do before a letter is discarded that no redrive brings back. */
const FIRST: Readonly<Record<string, string>> = {
  unreadable: 'It stands for records that nobody can read: have who wrote them send them again.',
  deleted:
    'It stands for records that were deleted before they were read: have who wrote them send them again. Their partition stands still until it is taken away.',
  foreign: 'Somebody else wrote it into the dead letter topic: find out who, and why.',
};
