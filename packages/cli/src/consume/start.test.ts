import { describe, expect, it } from '@jest/globals';
import { parsePast, parseStart, rangesFrom, type Start } from './start.ts';

const now = new Date('2026-01-01T12:00:00Z');

describe('where to begin', () => {
  it.each<[string, Start]>([
    ['beginning', { at: 'beginning' }],
    ['now', { at: 'now' }],
    ['42', { at: 'offset', offset: 42n }],
    ['10m', { at: 'time', time: new Date('2026-01-01T11:50:00Z') }],
    ['2d', { at: 'time', time: new Date('2025-12-30T12:00:00Z') }],
    ['2026-01-01T10:30:00Z', { at: 'time', time: new Date('2026-01-01T10:30:00Z') }],
    ['2026-01-01T10:30', { at: 'time', time: new Date(2026, 0, 1, 10, 30) }],
  ])('can be %s', (text, start) => {
    expect(parseStart(text, now)).toEqual(start);
  });

  it.each(['', 'yesterday', '-1', '10w', '2026-13-01', '2025-02-30T00:00Z', '1e3'])(
    'can not be "%s"',
    (text) => {
      expect(() => parseStart(text, now)).toThrow(/--from .* is not a place to begin\. Take beginning/);
    },
  );
});

describe('a time in the past', () => {
  it('is an age or a time', () => {
    expect(parsePast('2h', '--to', now)).toEqual(new Date('2026-01-01T10:00:00Z'));
    expect(parsePast('2026-01-01T12:00:00Z', '--to', now)).toEqual(now);
  });

  it.each(['2026-01-01T12:00:01Z', '2100-01-01', '1969-12-31T23:59:59.999Z', 'beginning', ''])(
    'is not "%s"',
    (text) => {
      expect(() => parsePast(text, '--to', now)).toThrow(
        `--to ${text} is not a time in the past. Take an age such as 2h, or a time such as 2026-01-31T12:00.`,
      );
    },
  );
});

describe('what is read', () => {
  const offsets = (...values: bigint[]) =>
    values.map((offset, partition) => ({ topic: 'clicks', partition, offset }));
  const bounds = {
    earliest: offsets(10n, 0n, 5n),
    latest: offsets(20n, 100n, 5n),
    at: offsets(15n, 100n, 5n),
  };
  const spans = (
    start: Start,
    { follow = false, partitions }: { follow?: boolean; partitions?: number[] } = {},
  ) =>
    rangesFrom(start, bounds, { follow, partitions }).map(({ partition, from, until }) => [
      partition,
      from,
      until,
    ]);

  it.each<[string, Start, unknown[]]>([
    [
      'everything there is',
      { at: 'beginning' },
      [
        [0, 10n, 20n],
        [1, 0n, 100n],
      ],
    ],
    ['nothing, from now', { at: 'now' }, []],
    [
      'from an offset, where a partition has it, else from its first',
      { at: 'offset', offset: 8n },
      [
        [0, 10n, 20n],
        [1, 8n, 100n],
      ],
    ],
    ['nothing of a partition that ends before the offset', { at: 'offset', offset: 50n }, [[1, 50n, 100n]]],
    ['from a time', { at: 'time', time: now }, [[0, 15n, 20n]]],
    [
      'the last of each',
      { at: 'last', count: 12 },
      [
        [0, 10n, 20n],
        [1, 88n, 100n],
      ],
    ],
  ])('is %s', (_what, start, expected) => {
    expect(spans(start)).toEqual(expected);
  });

  it('has no end when it is to follow, and is only of the partitions that were named', () => {
    expect(spans({ at: 'now' }, { follow: true })).toEqual([
      [0, 20n, undefined],
      [1, 100n, undefined],
      [2, 5n, undefined],
    ]);
    expect(spans({ at: 'beginning' }, { partitions: [1, 2] })).toEqual([[1, 0n, 100n]]);
  });
});
