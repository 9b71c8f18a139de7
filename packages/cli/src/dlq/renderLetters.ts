import { type Column, columnTable, duration, grouped, type Paint } from '../text/format.ts';
import { onOneLine } from '../text/visible.ts';
import { shortened } from '../watch/renderEvent.ts';
import type { Letter } from './letters.ts';

/** GROUP/ID, which every command takes. */
export const nameOf = ({ group, id }: Pick<Letter, 'group' | 'id'>): string => `${group}/${id}`;

/** What comes from a record, on one line. */
export const safe = (text: string): string => onOneLine(shortened(text));

/** Of a type the name alone: `OrderPlaced`. */
const typeOf = ({ type }: Letter): string => safe(type?.split('.').at(-1) || '-');

export const keyOf = ({ key, keyEncoding }: Pick<Letter, 'key' | 'keyEncoding'>): string =>
  key === null ? '-' : `${safe(key)}${keyEncoding ? ` (${keyEncoding})` : ''}`;

export const errorOf = ({ error }: Letter): string =>
  error === null ? '' : safe(`${error.code ?? error.name} ${error.message}`.trim());

/** How long ago, of a time as ISO 8601. */
export const ago = (time: string, now: Date): string => duration(now.getTime() - Date.parse(time));

/** What a command takes is never cut, and what tells nothing is left out. */
const columnsOf = (now: Date, paint: Paint, withStatus: boolean): readonly Column<Letter>[] => [
  { title: 'LETTER', cell: nameOf },
  { title: 'AGE', cell: ({ parkedAt }) => ago(parkedAt, now), numeric: true },
  ...(withStatus ? [{ title: 'STATUS', cell: ({ status }: Letter) => status }] : []),
  { title: 'REASON', cell: ({ reason }) => safe(reason) },
  { title: 'EVENT', cell: typeOf, yields: 1 },
  { title: 'KEY', cell: keyOf, yields: 1 },
  {
    title: 'BEHIND',
    cell: ({ behind }) => (behind > 0 ? grouped(behind) : ''),
    numeric: true,
    optional: true,
  },
  {
    title: 'REDRIVES',
    cell: ({ redrives }) => (redrives > 0 ? paint('yellow', grouped(redrives)) : ''),
    numeric: true,
    optional: true,
  },
  { title: 'ERROR', cell: errorOf, yields: 1, optional: true },
];

/**
 * A line for each.
 * @param withStatus where not all of them wait
 */
export const renderLetters = (
  letters: readonly Letter[],
  { now, columns, paint, withStatus = false }: Look & { withStatus?: boolean },
): string[] => columnTable(columnsOf(now, paint, withStatus), letters, { paint, columns });

/** How lines are to look. */
export interface Look {
  now: Date;
  /** 0: as wide as they get. */
  columns: number;
  paint: Paint;
}
