import { describe, expect, it } from '@jest/globals';
import {
  bytes,
  columnTable,
  counted,
  cut,
  duration,
  fit,
  mebibytes,
  money,
  plain,
  ranges,
  table,
  wrap,
} from './format.ts';

describe('duration', () => {
  it.each([
    [0, '0.0 s'],
    [420, '0.4 s'],
    [99_940, '99.9 s'],
    [99_960, '1 min 40 s'],
    [125_400, '2 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [200_000_000, '2 days 7 h'],
    [-5, '0.0 s'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('money', () => {
  it('has the decimals of its currency', () => {
    expect(money({ amount: 1240, currency: 'EUR' })).toBe('12.40 EUR');
    expect(money({ amount: 1240, currency: 'JPY' })).toBe('1240 JPY');
    expect(money({ amount: 1240, currency: 'no money' })).toBe('1240 (minor units) no money');
  });
});

describe('fit and cut', () => {
  it('count columns, not escape sequences', () => {
    expect(fit('\u001B[1mabc\u001B[22m', 5)).toBe('\u001B[1mabc\u001B[22m  ');
    expect(cut('\u001B[1mabcdef\u001B[22m', 4)).toBe('abc…');
  });

  it('align to the right when told to', () => {
    expect(fit('7', 3, 'right')).toBe('  7');
  });
});

describe('wrap', () => {
  it('breaks lines between words, and leaves whole what is longer than a line', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrap('a partition-too-long b', 5)).toEqual(['a', 'partition-too-long', 'b']);
    expect(wrap('one two', 0)).toEqual(['one two']);
  });

  it('begins no line with the blanks between columns', () => {
    expect(wrap('one    \u001B[39m  two', 5)).toEqual(['one  \u001B[39m', 'two']);
    expect(wrap('one    two', 20)).toEqual(['one    two']);
  });
});

describe('table', () => {
  it('is as wide as its widest cells, numbers to the right, nothing behind the last', () => {
    expect(
      table(
        [
          ['name', 'pid'],
          ['order', '7'],
          ['kafka-1', '1234'],
        ],
        [1],
      ),
    ).toEqual(['name      pid', 'order       7', 'kafka-1  1234']);
  });
});

describe('a table that has to fit', () => {
  const rows = [
    ['name', 'what', 'n'],
    ['a-rather-long-name', 'a description that is even longer', '12'],
  ];

  it('cuts its widest cells, and no more than it has to', () => {
    const lines = table(rows, [2], 40);
    expect(lines).toEqual([
      'name               what                n',
      'a-rather-long-na…  a description th…  12',
    ]);
  });

  it('stops where nothing could be read any more', () => {
    expect(table(rows, [2], 5)[1]).toBe('a-rat…  a des…  12');
  });
});

describe('a table of columns', () => {
  const columns = [
    { title: 'ID', cell: ({ id }: { id: string; note: string }) => id },
    { title: 'NOTHING', cell: () => '', optional: true },
    { title: 'NOTE', cell: ({ note }: { note: string }) => note, yields: 1 },
    { title: 'LENGTH', cell: ({ note }: { note: string }) => `${note.length}`, numeric: true, yields: 2 },
  ] as const;
  const rows = [{ id: 'kitchen/1234567', note: 'a long note that is cut' }];

  it('cuts what yields and nothing else, and leaves out columns without content', () => {
    expect(columnTable(columns, rows, { paint: plain, columns: 0 })).toEqual([
      'ID               NOTE                     LENGTH',
      'kitchen/1234567  a long note that is cut      23',
    ]);
    expect(columnTable(columns, rows, { paint: plain, columns: 40 })[1]).toBe(
      'kitchen/1234567  a long note th…      23',
    );
    expect(columnTable(columns, rows, { paint: plain, columns: 10 })[1]).toBe(
      'kitchen/1234567  a lon…      23',
    );
  });
});

it.each([
  [812, '812 B'],
  [1_434, '1.4 KiB'],
  [24_117_248, '23.0 MiB'],
  [3 * 2 ** 50, '3072.0 TiB'],
])('writes %i bytes as %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

it('writes numbers as ranges', () => {
  expect([ranges([]), ranges([3]), ranges([0, 1, 2, 5, 7, 8])]).toEqual(['', '3', '0-2,5,7-8']);
});

it('writes counts with what is counted', () => {
  expect([counted(1, 'topic'), counted(1_234, 'record'), counted(0, 'reply', 'replies')]).toEqual([
    '1 topic',
    '1,234 records',
    '0 replies',
  ]);
});

it('counts memory in MiB', () => {
  expect(mebibytes(241_172_480)).toBe('230 MiB');
});
