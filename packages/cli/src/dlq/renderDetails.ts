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
export function renderDetails(letter: LetterDetails, look: Look): string[] {
  const { now, paint } = look;
  const { status, reason, parkedAt, headers, stack, waitsBehind, behind } = letter;
  return [
    `${paint('bold', nameOf(letter))}: ${status}, ${safe(reason)}, parked ${ago(parkedAt, now)} ago`,
    ...table(facts(letter, now).map(([title, text]) => ['', paint('dim', title), text])),
    ...section('Headers', paint, headers.map(headerText)),
    ...section(`Value, ${counted(letter.valueBytes, 'byte')}`, paint, valueLines(letter, paint)),
    ...section(
      'Stack',
      paint,
      long(stack ?? '')
        .split('\n')
        .filter(Boolean)
        .map(onOneLine),
    ),
    ...(waitsBehind.length === 0
      ? []
      : ['', paint('dim', `Behind it ${behind === 1 ? 'waits' : 'wait'} ${counted(behind, 'letter')}`)]),
    ...(waitsBehind.length === 0 ? [] : renderLetters(waitsBehind, look)),
    '',
    ...nextSteps(letter),
  ];
}

type Fact = [title: string, text: string];

function facts(letter: LetterDetails, now: Date): Fact[] {
  const { type, topic, partition, lastOffset, sourceTimestamp, redrives, lastRedriveAt, lastError } = letter;
  const { before, resolution, attempts, error } = letter;
  const offsets =
    lastOffset === null ? `offset ${letter.offset}` : `offsets ${letter.offset} to ${lastOffset}`;
  const times = attempts > 0 ? `, after ${counted(attempts, 'attempt')}` : '';
  return [
    ...(type === null ? [] : [['event', safe(type)] as Fact]),
    ...(topic === null ? [] : [['from', `${safe(topic)}, partition ${partition}, ${offsets}`] as Fact]),
    ['key', keyOf(letter)],
    ['written', safe(sourceTimestamp)],
    ['lies in', `${letter.group}.dlq, partition ${letter.dlqPartition}, offset ${letter.dlqOffset}`],
    ...(error === null ? [] : [['error', `${errorOf(letter)}${times}`] as Fact]),
    ...(redrives === 0
      ? []
      : [
          [
            'redrives',
            `${counted(redrives, 'time')} in vain${lastRedriveAt === null ? '' : `, the last ${ago(lastRedriveAt, now)} ago`}: ${safe(lastError ?? '')}`,
          ] as Fact,
        ]),
    ...(before === null ? [] : [['waits for', `${nameOf(before)} ${errorOf(before)}`.trim()] as Fact]),
    ...(resolution === null
      ? []
      : [
          [
            letter.status,
            `${safe(resolution.at)} by ${safe(resolution.by ?? 'nobody knows whom')}${resolution.why === null ? '' : `: ${safe(resolution.why)}`}`,
          ] as Fact,
        ]),
  ];
}

function headerText({ name, value, encoding }: LetterDetails['headers'][number]): string {
  const text = value === null ? 'null' : onOneLine(long(value));
  return `${safe(name)}: ${text}${encoding ? ` (${encoding})` : ''}`;
}

/** The event, where it could be decoded; else the bytes as well as they can be told. */
function valueLines({ data, value, missing, status, valueBytes }: LetterDetails, paint: Paint): string[] {
  if (data !== null && data !== undefined)
    return long(JSON.stringify(data, null, 2))
      .split('\n')
      .map(onOneLine);
  if (value !== null) return [textOf(plainly(Buffer.from(value, 'base64')), paint)];
  if (status === 'waiting' && missing !== null) {
    return [
      `Too large for a letter (${bytes(valueBytes)}), or lost: ${safe(missing)} may still be where it came from.`,
    ];
  }
  return [status === 'waiting' ? 'None: it removes the key.' : 'Dropped when that was done.'];
}

const section = (title: string, paint: Paint, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', paint('dim', title), ...lines.map((line) => `  ${line}`)];

const long = (text: string): string => shortened(text, MOST_SHOWN);

function nextSteps({ group, id, status, redrivable, before }: LetterDetails): string[] {
  if (status !== 'waiting') return [`Who did that, and what else: npx brew dlq log ${group}`];
  const discard = `npx brew dlq discard ${group} ${id} --why TEXT`;
  if (!redrivable) return [`It can't be redriven. Take it away with: ${discard}`];
  if (before !== null)
    return [`It goes with the one that it waits for: npx brew dlq redrive ${group} ${before.id}`];
  return [`Once that is mended: npx brew dlq redrive ${group} ${id}`, `Or take it away: ${discard}`];
}
