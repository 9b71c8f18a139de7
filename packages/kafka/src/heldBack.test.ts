import { expect, test } from '@jest/globals';
import { createHeldBack } from './heldBack.ts';

test('tells of the partition that has been held back for longest, after ten seconds, until something comes', () => {
  let now = 0;
  const heldBack = createHeldBack(() => now);
  const first = { topic: 't', partition: 0, offset: 7n };
  heldBack.note(first);
  now = 5_000;
  heldBack.note(first);
  heldBack.note({ ...first, partition: 1 });
  now = 9_999;
  expect(heldBack.longest).toBeUndefined();
  now = 16_000;
  expect(heldBack.longest).toMatchObject({
    ...first,
    since: new Date(0),
    error: { code: 'BREW_TRANSACTION_OPEN' },
  });
  heldBack.clear(first);
  expect(heldBack.longest).toMatchObject({ partition: 1, since: new Date(5_000) });
  // It has got on, and is held back by another one.
  heldBack.note({ ...first, partition: 1, offset: 9n });
  expect(heldBack.longest).toBeUndefined();
  now = 60_000;
  heldBack.forget();
  expect(heldBack.longest).toBeUndefined();
});
