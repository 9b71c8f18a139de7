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
  const gone: string[] = [];
  const clear = () => turnover.clear((order) => void gone.push(desk.idOf(order)));
  return { desk, turnover, come, here, names, gone, clear };
}

test('an order stays at hand until enough others have ended after it', () => {
  const { desk, turnover, come, here, names, gone, clear } = begin();
  const all = names('order', 12);
  for (const id of all) turnover.end(come(id));
  clear();
  expect(here()).toEqual({ ended: all.slice(2), open: [] });
  expect(desk.size).toBe(10);
  expect(gone).toEqual(all.slice(0, 2));
});

test('an order under way stays however many others end', () => {
  const { turnover, come, here, names, clear } = begin();
  come('slow');
  for (const id of names('order', 1_000)) {
    turnover.end(come(id));
    clear();
  }
  expect(here().open).toEqual(['slow']);
  turnover.end(come('slow'));
  clear();
  expect(here().ended.at(-1)).toBe('slow');
});

test('of too many orders under way the first ones make room, and none is forgotten', () => {
  const { desk, turnover, come, here, names, gone, clear } = begin();
  const all = names('order', 25);
  for (const id of all) come(id);
  clear();
  expect(gone).toEqual([]);
  expect(turnover.isFull).toBe(true);
  const excess = turnover.excess();
  expect(excess.map(desk.idOf)).toEqual(all.slice(0, 5));
  for (const order of excess) turnover.leave(order);
  expect(here().open).toEqual(all.slice(5));
  expect([turnover.isFull, turnover.excess()]).toEqual([false, []]);
});

test('nobody leaves before it is worth while to look who is to', () => {
  const { desk, turnover, come, names, clear } = begin();
  for (const id of names('ended', 11)) turnover.end(come(id));
  for (const id of names('open', 22)) come(id);
  clear();
  expect([desk.size, turnover.isFull, turnover.excess()]).toEqual([33, false, []]);
});

test('an order ends once', () => {
  const { turnover, come, here } = begin();
  for (const id of ['a', 'b', 'a']) turnover.end(come(id));
  expect(here().ended).toEqual(['a', 'b']);
});
