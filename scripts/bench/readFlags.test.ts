import { expect, it } from '@jest/globals';
import { readFlags } from './readFlags.ts';

const options = {
  rate: { type: 'string', default: '8' },
  search: { type: 'boolean', default: false },
} as const;
const todo = 'Run it with --help to see what it takes.';

it.each([
  [['--foo'], `Unknown option '--foo'. ${todo}`],
  [['7'], `Unexpected argument '7'. ${todo}`],
  [['--rate'], `Option '--rate <value>' argument missing. ${todo}`],
  [['--rate', '--search'], `Option '--rate' has no value. ${todo}`],
  [['--search=5'], `Option '--search' does not take an argument. ${todo}`],
])('says on one line what is wrong with %j, and what to do', (args, message) => {
  expect(() => readFlags(options, args)).toThrow(new Error(message));
});

it('leaves it to the flag whether a negative number is one of its values', () => {
  expect(readFlags(options, ['--rate', '-1', '--search'])).toEqual({ rate: '-1', search: true });
});
