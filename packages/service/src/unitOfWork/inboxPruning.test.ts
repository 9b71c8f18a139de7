import { expect, it } from '@jest/globals';
import { longestLifeMs } from './inboxPruning.ts';

const DAY_MS = 86_400_000;
const week = String(7 * DAY_MS);

it.each([
  [
    'a deleting one: its retention, the segment that is written to, and a day',
    'delete',
    '1000',
    week,
    1_000 + 8 * DAY_MS,
  ],
  ['one without retention: for good', 'delete', '-1', week, Number.POSITIVE_INFINITY],
  ['a compacted one: for good', 'compact', week, week, Number.POSITIVE_INFINITY],
  ['one that does both: as one that deletes', 'compact,delete', week, week, 15 * DAY_MS],
])('knows how long a topic can hold a record: %s', (_title, policy, retention, segment, expected) => {
  const settings = { 'cleanup.policy': policy, 'retention.ms': retention, 'segment.ms': segment };
  expect(longestLifeMs(Object.entries(settings).map(([name, value]) => ({ name, value })))).toBe(expected);
});

it('keeps everything where Kafka does not say', () => {
  expect(longestLifeMs([])).toBe(Number.POSITIVE_INFINITY);
});
