import { stripVTControlCharacters } from 'node:util';

/** How a piece of text is to look. The renderers get it as a parameter, so that they stay pure: see plain and paintFor. */
type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

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

/** Time of day, local: "14:03:59", or "14:03:59.120". */
export function clock(at: Date, precision: 's' | 'ms' = 's'): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return precision === 's' ? time : `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** Resident memory: "231 MiB". */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** "12.40 EUR", with as many decimals as the currency has. */
export function money({ amount, currency }: { amount: number; currency: string }): string {
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

/** Columns aligned by their widest cell, two blanks between them; numbers to the right. */
export function table(rows: readonly (readonly string[])[], numeric: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => fit(cell, widths[column] ?? 0, numeric.includes(column) ? 'right' : 'left'))
      .join('  ')
      .trimEnd(),
  );
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

const two = (value: number) => String(value).padStart(2, '0');
