import { duration, grouped, type Paint, titledTable } from '../text/format.ts';
import { onOneLine } from '../text/visible.ts';
import { shortened } from '../watch/renderEvent.ts';
import type { Letter } from './letters.ts';

/** GROUP/ID, which every command takes. */
export const nameOf = ({ group, id }: Pick<Letter, 'group' | 'id'>): string => `${group}/${id}`;

/** What comes from a record, on one line. */
export const safe = (text: string): string => onOneLine(shortened(text));

/** Of a type the name alone: `OrderPlaced`. */
const typeOf = ({ type, topic }: Letter): string => safe(type?.split('.').at(-1) || topic || '-');

export const keyOf = ({ key, keyEncoding }: Pick<Letter, 'key' | 'keyEncoding'>): string =>
  key === null ? '-' : `${safe(key)}${keyEncoding ? ` (${keyEncoding})` : ''}`;

export const errorOf = ({ error }: Letter): string =>
  error === null ? '' : safe(`${error.code ?? error.name} ${error.message}`.trim());

/** How long ago, of a time as ISO 8601. */
export const ago = (time: string, now: Date): string => duration(now.getTime() - Date.parse(time));

/**
 * A line for each.
 * @param withStatus where not all of them wait
 */
export function renderLetters(
  letters: readonly Letter[],
  { now, columns, paint, withStatus = false }: Look & { withStatus?: boolean },
): string[] {
  return titledTable(
    [
      'LETTER',
      'AGE',
      ...(withStatus ? ['STATUS'] : []),
      'REASON',
      'EVENT',
      'KEY',
      'BEHIND',
      'REDRIVES',
      'ERROR',
    ],
    letters.map((letter) => [
      nameOf(letter),
      ago(letter.parkedAt, now),
      ...(withStatus ? [letter.status] : []),
      safe(letter.reason),
      typeOf(letter),
      keyOf(letter),
      letter.behind > 0 ? grouped(letter.behind) : '',
      letter.redrives > 0 ? paint('yellow', grouped(letter.redrives)) : '',
      errorOf(letter),
    ]),
    { paint, numeric: withStatus ? [1, 6, 7] : [1, 5, 6], columns },
  );
}

/** How lines are to look. */
export interface Look {
  now: Date;
  /** 0: as wide as they get. */
  columns: number;
  paint: Paint;
}
