import { grouped } from '@brew/cli/text';
import { linkTo, remarksOn } from './remarks.ts';
import type { Result } from './stage.ts';

/** What was seen of one scenario. */
export interface Row {
  title: string;
  results: readonly Result[];
}

const BEGIN = '<!-- written by npm run clients: begin -->';
const END = '<!-- written by npm run clients: end -->';

/** Whether something happened that a user of the client has to fear. */
export const isBad = (result: Result): boolean => wrongs(result).length > 0 || result.accusations.length > 0;

/** What a result has of that which nobody may have. */
function wrongs({ subject, lost, outOfOrder, unanswered, refused, read, duplicated }: Result): string[] {
  const times = Math.floor(duplicated / Math.max(1, read)) + 1;
  return [
    lost > 0 && `${grouped(lost)} lost`,
    outOfOrder > 0 && `${grouped(outOfOrder)} out of order`,
    unanswered > 0 && `${grouped(unanswered)} sent and never answered`,
    // A sender that is told can send again; Brew's producer promises to do that itself.
    subject.isOurs && refused > 0 && `${grouped(refused)} refused`,
    times > 1 && `each handled ${times} times`,
  ].filter((wrong) => wrong !== false);
}

/** In one line, for a terminal. */
export const lineOf = (result: Result): string =>
  `${isBad(result) ? '✗' : '✔'} ${result.subject.title}: ${[...new Set([...facts(result), ...wrongs(result)]), ...remarksOn(result)].join(', ')}`;

function facts(result: Result): string[] {
  const { sent, acknowledged, read, lost, duplicated, outOfOrder } = result;
  return [
    `${grouped(sent)} sent`,
    `${grouped(acknowledged)} acknowledged`,
    `${grouped(read)} read`,
    `${grouped(lost)} lost`,
    `${grouped(duplicated)} duplicated`,
    `${grouped(outOfOrder)} out of order`,
    `stall ${stallOf(result)}`,
    `CPU ${cpuOf(result)} a million`,
  ];
}

const stallOf = ({ longestStallMs }: Result) => `${(longestStallMs / 1_000).toFixed(1)} s`;

const cpuOf = ({ read, cpuSecondsPerMillion }: Result) =>
  read > 0 ? `${grouped(Math.round(cpuSecondsPerMillion))} s` : 'none';

/** What happened in words, a row for each scenario and a column for each subject, and all counts below it. */
export function tablesOf(rows: readonly Row[]): string {
  const titles = rows[0]?.results.map(({ subject }) => subject.title) ?? [];
  const counts = [
    'sent',
    'acknowledged',
    'read',
    'lost',
    'duplicated',
    'out of order',
    'stall',
    'CPU a million',
  ];
  return [
    ...table(
      ['what is done', ...titles],
      rows.map(({ title, results }) => [title, ...results.map(cellOf)]),
    ),
    '',
    ...table(
      ['counts of', 'client', ...counts],
      rows.flatMap(({ title, results }) => results.map((result) => [title, ...countsOf(result)])),
    ),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Longer than anybody waits for an order. */
const LONG_STALL_MS = 60_000;

function cellOf(result: Result): string {
  const { longestStallMs } = result;
  const words = remarksOn(result, linkTo).join('; ');
  if (!isBad(result)) {
    const stall = longestStallMs > LONG_STALL_MS ? `stood still for ${stallOf(result)}` : '';
    return [stall ? '🟡' : '✅', [stall, words].filter(Boolean).join('; ')].join(' ').trim();
  }
  return `🔴 ${[...wrongs(result), words].filter(Boolean).join(': ')}`;
}

function countsOf(result: Result): string[] {
  const { subject, sent, acknowledged, read, lost, duplicated, outOfOrder } = result;
  const counts = [sent, acknowledged, read, lost, duplicated, outOfOrder].map(grouped);
  return [subject.title, ...counts, stallOf(result), cpuOf(result)];
}

/** The page with what is between its markers replaced. @throws when it has none */
export function withTable(page: string, what: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page lacks the lines ${BEGIN} and ${END}.`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${what}\n\n${page.slice(end)}`;
}
