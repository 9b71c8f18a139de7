import { problem } from '@brew/service';
import { z } from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Query parameters of the reports about a time range. */
const rangeOf = (left: string) => ({
  from: z.iso.datetime({ offset: true }).optional().describe(`${left} before \`to\` when left out`),
  to: z.iso.datetime({ offset: true }).optional().describe('now when left out; not included itself'),
});

/** Of what shows how things go. */
export const timeRangeQuery = rangeOf('24 hours');

/** Of what says how much there was in all: as much of it as a report covers. */
export const longRangeQuery = rangeOf('31 days');

export interface TimeRange {
  from: Date;
  /** Exclusive. */
  to: Date;
}

/**
 * @param days the most that the report may cover, and, where there is one, the way to more; and how many it covers when nothing else is said
 * @throws HttpProblem 400 when the range holds no time at all, or too much
 */
export function timeRange(
  query: { from?: string | undefined; to?: string | undefined },
  now: Date,
  days: { most?: number; more?: string; unsaid?: number } = {},
): TimeRange {
  const to = query.to === undefined ? now : new Date(query.to);
  const { most = 31, more, unsaid = 1 } = days;
  const from = query.from === undefined ? new Date(to.getTime() - unsaid * DAY_MS) : new Date(query.from);
  if (from >= to) throw problem(400, 'RANGE_EMPTY', '"from" has to be earlier than "to".');
  if (to.getTime() - from.getTime() > most * DAY_MS) {
    const way = ['Ask for one range after the other', ...(more ? [more] : [])].join(', or ');
    throw problem(400, 'RANGE_TOO_LONG', `A report covers ${most} days at most. ${way}.`);
  }
  return { from, to };
}
