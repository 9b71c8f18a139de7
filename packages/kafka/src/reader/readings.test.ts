import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fetched } from '../fetched.ts';
import { isUnreachable, loseLeader, nextToFetch, nextToHandOn, type Reading, readingOf } from './readings.ts';

const reading = (more: Partial<Reading> = {}): Reading => ({
  ...readingOf({ topic: 't', partition: 0, from: 0n }),
  leader: { node: 1, epoch: 0 },
  end: 10n,
  ...more,
});
const waiting = (...timestamps: number[]) => timestamps.map((timestamp) => ({ timestamp }) as Fetched);
const atItsEnd = { position: 10n };

test('hands on the oldest', () => {
  const readings = [3, 1, 2].map((timestamp) => reading({ waiting: waiting(timestamp) }));
  expect(nextToHandOn(readings)).toBe(readings[1]);
});

test('waits for what may be older: of a partition that is behind, and of one of which nothing is known yet', () => {
  const ready = reading({ waiting: waiting(1) });
  expect(nextToHandOn([ready, reading()])).toBeUndefined();
  expect(nextToHandOn([ready, reading({ end: undefined })])).toBeUndefined();
});

test('waits for no partition that is at its end, or can not be fetched', () => {
  const ready = reading({ waiting: waiting(1) });
  const others = [reading(atItsEnd), reading({ until: 5n, position: 5n }), reading({ failures: 1 })];
  expect(nextToHandOn([...others, ready])).toBe(ready);
});

test('fetches what is at its end too, unless what is behind would have to wait for it', () => {
  const quiet = reading(atItsEnd);
  const behind = reading();
  const ready = reading({ waiting: waiting(1) });
  expect(nextToFetch([quiet])).toEqual([quiet]);
  expect(nextToFetch([quiet, behind])).toEqual([quiet, behind]);
  expect(nextToFetch([quiet, reading({ waiting: waiting(1), ...atItsEnd })])).toEqual([]);
  expect(nextToFetch([quiet, ready, behind])).toEqual([quiet, ready, behind]);
  const full = reading({ waiting: waiting(1, 2) });
  expect(nextToFetch([quiet, full, behind])).toEqual([quiet, behind]);
});

test('fetches up to where reading ends, and not beyond', () => {
  expect(nextToFetch([reading({ until: 5n, position: 5n })])).toEqual([]);
  const short = reading({ until: 5n, position: 4n });
  expect(nextToFetch([short])).toEqual([short]);
});

test('has to find a leader anew that is lost, and makes it known when that goes on', () => {
  const lost = reading();
  const told = [1, 2, 3, 4].map(() => {
    loseLeader(lost);
    return isUnreachable(lost);
  });
  expect(lost).toMatchObject({ leader: undefined, failures: 4 });
  expect(told).toEqual([false, false, false, true]);
});

test('asks for many partitions at once, unless one has nothing left', () => {
  const full = reading({ waiting: waiting(1, 2) });
  const half = reading({ waiting: waiting(1) });
  expect(nextToFetch([full, full, half])).toEqual([]);
  expect(nextToFetch([full, half])).toEqual([half]);
  expect(nextToFetch([full, full, full, reading()])).toHaveLength(1);
});

test('reads partitions evenly in time, however fast each of them is fetched and however large its chunks are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (spans, choices) => {
        const readings = spans.map(() => reading({ end: 1_000n }));
        const times = spans.map(() => 0);
        const fetched = spans.map(() => 0);
        for (let step = 0; step < 300; step++) {
          // Any one of those that have nothing gets its next chunk; then whatever can be is handed on.
          const hungry = readings.filter((candidate) => candidate.waiting.length < 2);
          const fed = hungry[(choices.next().value ?? 0) % (hungry.length || 1)];
          if (fed) {
            const i = readings.indexOf(fed);
            fed.waiting.push(...waiting(fetched[i] ?? 0));
            fetched[i] = (fetched[i] ?? 0) + (spans[i] ?? 0);
          }
          for (let next = nextToHandOn(readings); next; next = nextToHandOn(readings)) {
            const i = readings.indexOf(next);
            times[i] = (times[i] ?? 0) + (spans[i] ?? 0);
            next.waiting.shift();
          }
        }
        expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(Math.max(...spans));
      },
    ),
  );
});
