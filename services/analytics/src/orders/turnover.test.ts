import { expect, test } from '@jest/globals';
import { createDesk } from './desk.ts';
import { createTurnover } from './turnover.ts';

function begin() {
  const desk = createDesk();
  const turnover = createTurnover(desk, { ended: 10, open: 20 });
  const come = (id: string) => desk.find(Buffer.from(id), 0, id.length);
  const here = () => {
    const { ended, open } = turnover.sort();
    return { ended: ended.map(desk.idOf), open: open.map(desk.idOf) };
  };
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  return { desk, turnover, come, here, names };
}

test('an order stays at hand until enough others have ended after it', () => {
  const { desk, turnover, come, here, names } = begin();
  const all = names('order', 12);
  for (const id of all) turnover.end(come(id));
  turnover.clear();
  expect(here()).toEqual({ ended: all.slice(2), open: [] });
  expect(desk.size).toBe(10);
});

test('an order under way stays however many others end', () => {
  const { turnover, come, here, names } = begin();
  come('slow');
  for (const id of names('order', 1_000)) {
    turnover.end(come(id));
    turnover.clear();
  }
  expect(here().open).toEqual(['slow']);
  turnover.end(come('slow'));
  turnover.clear();
  expect(here().ended.at(-1)).toBe('slow');
});

test('of orders that never end the first ones leave', () => {
  const { turnover, come, here, names } = begin();
  const all = names('order', 25);
  for (const id of all) come(id);
  turnover.clear();
  expect(here().open).toEqual(all.slice(5));
  turnover.clear();
  expect(here().open).toEqual(all.slice(5));
});

test('nobody leaves before it is worth while to look who is to', () => {
  const { desk, turnover, come, names } = begin();
  for (const id of names('ended', 11)) turnover.end(come(id));
  for (const id of names('open', 22)) come(id);
  turnover.clear();
  expect(desk.size).toBe(33);
});

test('an order ends once', () => {
  const { turnover, come, here } = begin();
  for (const id of ['a', 'b', 'a']) turnover.end(come(id));
  expect(here().ended).toEqual(['a', 'b']);
});
