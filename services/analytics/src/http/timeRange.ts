import { problem } from '@brew/service';
import { z } from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Query parameters of the reports about a time range. */
export const timeRangeQuery = {
  from: z.iso.datetime({ offset: true }).optional().describe('24 hours before `to` when left out'),
  to: z.iso.datetime({ offset: true }).optional().describe('now when left out; not included itself'),
};

export interface TimeRange {
  from: Date;
  /** Exclusive. */
  to: Date;
}

/**
 * @param days the most that the report may cover, and, where there is one, the way to more
 * @throws HttpProblem 400 when the range holds no time at all, or too much
 */
export function timeRange(
  query: { from?: string | undefined; to?: string | undefined },
  now: Date,
  days: { most: number; more?: string } = { most: 31 },
): TimeRange {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from);
  if (from >= to) throw problem(400, 'RANGE_EMPTY', '"from" has to be earlier than "to".');
  if (to.getTime() - from.getTime() > days.most * DAY_MS) {
    const way = ['Ask for one range after the other', ...(days.more ? [days.more] : [])].join(', or ');
    throw problem(400, 'RANGE_TOO_LONG', `A report covers ${days.most} days at most. ${way}.`);
  }
  return { from, to };
}
