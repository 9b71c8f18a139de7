import { expect, it } from '@jest/globals';
import { choiceOption, countOption, fileOption, numberOption } from './optionValues.ts';

it.each(['-1', '0', 'x', '', ' ', 'Infinity', '1e999'])('takes %j for no number from 0.1 up', (text) => {
  expect(() => numberOption('rate', text, 0.1)).toThrow(
    new Error(`--rate ${text} is no number from 0.1 up. Take one.`),
  );
  expect(() => countOption('rate', text, 1)).toThrow('is no whole number from 1 up');
});

it('takes halves where there are any', () => {
  expect(numberOption('minutes', '2.5', 0)).toBe(2.5);
  expect(() => countOption('rounds', '2.5', 1)).toThrow('--rounds 2.5 is no whole number');
  expect(countOption('rounds', '3', 1)).toBe(3);
});

it('takes one of several words, and names them otherwise', () => {
  expect(choiceOption('only', '500', ['100', '500'])).toBe('500');
  for (const text of ['50', 'toString', ''])
    expect(() => choiceOption('only', text, ['100', '500'])).toThrow(
      new Error(`--only ${text} is none of those that there are. Take 100, 500.`),
    );
});

it('takes a file where there is a folder for it', () => {
  expect(fileOption('json', '/tmp/all.json')).toBe('/tmp/all.json');
  expect(fileOption('json', 'all.json')).toBe('all.json');
  expect(() => fileOption('json', '/tmp/nowhere/all.json')).toThrow('Make the folder first.');
});
