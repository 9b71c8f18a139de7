import { expect, test } from '@jest/globals';
import { isGreen, renderSummary } from './report.ts';
import { failure, type Result } from './result.ts';

const result = (step: string, changes: Partial<Result> = {}): Result => ({
  step,
  passed: 1,
  failed: 0,
  failures: [],
  skipped: [],
  files: [],
  ...changes,
});
const summary = (...results: Result[]) => renderSummary({ results, usage: [], seconds: 61 });

test('ends with what passed and failed, and tells of each step together', () => {
  const lines = summary(
    result('unit', { passed: 20 }),
    result('integration', { failed: 2 }),
    result('integration'),
  );
  expect(lines.at(-1)).toBe('22 passed, 2 failed');
  expect(lines).toContain('integration        2 passed    2 failed');
  expect(lines).toContain('in all         1 min 01 s');
});

test('counts what was skipped, and says why above it', () => {
  const skipped = [
    { file: 'a.test.ts', name: 'opens', why: 'the door is missing' },
    { file: 'b.test.ts', name: 'closes', why: 'nobody has the key' },
  ];
  expect(summary(result('unit', { skipped })).slice(-5)).toEqual([
    'Skipped:',
    '  a.test.ts: opens: the door is missing',
    '  b.test.ts: closes: nobody has the key',
    '',
    '1 passed, 0 failed, 2 skipped',
  ]);
});

test('is green only when nothing failed, and what could not be run has', () => {
  expect(isGreen([result('unit'), result('e2e')])).toBe(true);
  expect(isGreen([result('unit'), result('e2e', { failed: 1 })])).toBe(false);
  const broken = failure('integration', 'no broker');
  expect(isGreen([result('unit'), broken])).toBe(false);
  expect(summary(result('unit'), broken).at(-1)).toBe('1 passed, 1 failed');
});

test('names what failed right above the last line, however much stands before it', () => {
  const failures = ['a.test.ts › opens', 'b.test.ts › could not be run'];
  expect(summary(result('unit', { failed: 2, failures }), result('e2e')).slice(-5)).toEqual([
    'Failed:',
    '  a.test.ts › opens',
    '  b.test.ts › could not be run',
    '',
    '2 passed, 2 failed',
  ]);
});

test('names the ten slowest files, the slowest first', () => {
  const files = Array.from({ length: 12 }, (_, n) => ({ file: `${n}.test.ts`, seconds: n }));
  const lines = summary(
    result('unit', { files: files.slice(0, 6) }),
    result('e2e', { files: files.slice(6) }),
  );
  const named = lines.filter((line) => line.endsWith('.test.ts'));
  expect(named).toHaveLength(10);
  expect([named[0], named[9]]).toEqual(['   11.0 s  11.test.ts', '    2.0 s  2.test.ts']);
});

test('tells what kinds of processes used', () => {
  const usage = [
    { kind: 'Kafka nodes', processes: 3, seconds: 12.34 },
    { kind: 'other', processes: 0, seconds: 1 },
  ];
  expect(renderSummary({ results: [], usage, seconds: 1 }).slice(1, 5)).toEqual([
    'CPU time by kind of process, of the whole machine:',
    '   12.3 s  Kafka nodes         3',
    '    1.0 s  other               0',
    '   13.3 s  in all',
  ]);
});
