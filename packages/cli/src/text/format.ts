import { stripVTControlCharacters } from 'node:util';

/** How a piece of text is to look. The renderers get it as a parameter, so that they stay pure: see plain and paintFor. */
type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** For who shows what brokers told. @param silent the ids of those that did not */
export const notAllTold = (silent: readonly number[]): string =>
  `${
    silent.length === 0
      ? 'Some partitions did not answer.'
      : `${silent.length === 1 ? 'Broker' : 'Brokers'} ${listed(silent)} did not answer: what nobody else knows is missing here, or shown as -.`
  } See npx brew status`;

/** "1, 2 and 3". */
const listed = (items: readonly (string | number)[]): string =>
  [items.slice(0, -1).join(', '), items.at(-1)].filter((part) => part !== '').join(' and ');

/** Time spent: "0.4 s", "12.3 s", "2 min 05 s", "3 h 12 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** Time of day, local: "14:03:59", or "14:03:59.120"; of what is no time "--:--:--". */
export function clock(at: Date, precision: 's' | 'ms' = 's'): string {
  if (Number.isNaN(at.getTime())) return precision === 's' ? '--:--:--' : '--:--:--.---';
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return precision === 's' ? time : `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** Resident memory: "231 MiB". */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Bytes on a disk: "812 B", "1.4 KiB", "23.0 MiB". */
export function bytes(count: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (count < 1024) return `${count} B`;
  let value = count / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** "1,234,567" */
export const grouped = (value: number): string => value.toLocaleString('en');

/** "1 topic", "2 topics", "1,234 records" */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${grouped(value)} ${value === 1 ? one : many}`;

/** Ids and partition numbers as ranges: "0-2,5". */
export function ranges(sorted: readonly number[]): string {
  const found: [number, number][] = [];
  for (const value of sorted) {
    const last = found.at(-1);
    if (last?.[1] === value - 1) last[1] = value;
    else found.push([value, value]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** "12.40 EUR", with as many decimals as the currency has. */
export function money({ amount, currency }: { amount: number; currency: string }): string {
  // Of what can't be a currency, which is to be shown all the same, nobody knows how many it has.
  if (!/^[A-Za-z]{3}$/.test(currency)) return `${amount} (minor units) ${currency}`;
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return `${(amount / 10 ** maximumFractionDigits).toFixed(maximumFractionDigits)} ${currency}`;
}

/** Exactly `width` columns: cut with an ellipsis, or padded; on the left with `align: 'right'`. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const short = cut(text, width);
  const padding = ' '.repeat(Math.max(0, width - widthOf(short)));
  return align === 'left' ? short + padding : padding + short;
}

/** At most `width` columns. Colours are dropped from what has to be cut: half an escape sequence would paint the rest. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : `${[...stripVTControlCharacters(text)].slice(0, width - 1).join('')}…`;
}

/**
 * Lines of at most `width` columns, broken between words; a longer word stays whole.
 * @param width 0: one line
 */
export function wrap(text: string, width: number): string[] {
  if (width < 1) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    // Blanks at the end of a line, and what ends a colour.
    else if (widthOf(word) === 0) lines.push(`${lines.pop() ?? ''}${word}`);
    else lines.push(word);
  }
  return lines;
}

/**
 * Columns aligned by their widest cell, two blanks between them; numbers to the right.
 * @param columns how wide it may be at most: then its widest cells are cut; 0: as wide as it gets
 * @param yielding the columns that may be cut, those of the first list before those of the next; left out: all
 */
export function table(
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
  columns = 0,
  yielding?: readonly (readonly number[])[],
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const room = columns - 2 * (widths.length - 1);
  if (columns > 0) for (const some of yielding ?? [[...widths.keys()]]) narrow(widths, room, some);
  return rows.map((row) =>
    row
      .map((cell, column) => fit(cell, widths[column] ?? 0, numeric.includes(column) ? 'right' : 'left'))
      .join('  ')
      .trimEnd(),
  );
}

/** Less than that tells nothing any more. */
const NARROWEST = 6;

/** Takes from the widest of these columns until all of them have room, or nothing could be read there any more. */
function narrow(widths: number[], room: number, columns: readonly number[]): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  for (; excess > 0; excess--) {
    const widest = Math.max(...columns.map((column) => widths[column] ?? 0));
    if (widest <= NARROWEST) return;
    widths[columns.find((column) => widths[column] === widest) ?? 0] = widest - 1;
  }
}

/** A table below its titles. */
export function titledTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { paint, numeric = [], columns = 0 }: { paint: Paint; numeric?: readonly number[]; columns?: number },
): string[] {
  const [head = '', ...lines] = table([titles, ...rows], numeric, columns);
  return [paint('dim', head), ...lines];
}

/** A column of a table whose lines are made of something. */
export interface Column<Row> {
  title: string;
  cell(row: Row): string;
  numeric?: true;
  /** Cut where there is no room: 1 before 2. Left out: never. */
  yields?: 1 | 2;
  /** Left out where all its cells are empty. */
  optional?: true;
}

/**
 * A titled table in which names that commands take are never cut.
 * @param columns how wide it may be, as long as every column can be read; 0: as wide as it gets
 */
export function columnTable<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  { paint, columns }: { paint: Paint; columns: number },
): string[] {
  const shown = all.filter(({ optional, cell }) => !optional || rows.some((row) => cell(row) !== ''));
  const those = (test: (column: Column<Row>) => boolean) =>
    [...shown.keys()].filter((index) => test(shown[index] as Column<Row>));
  const [head = '', ...lines] = table(
    [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ cell }) => cell(row)))],
    those(({ numeric }) => numeric === true),
    columns,
    [1, 2].map((step) => those(({ yields }) => yields === step)),
  );
  return [paint('dim', head), ...lines];
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

const two = (value: number) => String(value).padStart(2, '0');
