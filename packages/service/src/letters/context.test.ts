import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type LetterContext, tryToCatchUp } from './context.ts';

const contextWith = (letterIndex: LetterContext['letterIndex']) =>
  ({ group: 'kitchen', letterIndex, log: pino({ level: 'silent' }) }) as LetterContext;

it('shows what is known when nothing gets on, before whoever asks gives up', async () => {
  const began = performance.now();
  await tryToCatchUp(
    contextWith({ catchUp: () => new Promise(() => {}), movedAt: performance.now(), asOf: undefined }),
  );
  expect(performance.now() - began).toBeLessThan(9_000);
}, 30_000);

it('waits for what takes long and gets on', async () => {
  const caughtUp = Promise.withResolvers<void>();
  let done = false;
  await tryToCatchUp(
    contextWith({
      async catchUp() {
        await caughtUp.promise;
        done = true;
      },
      get movedAt() {
        caughtUp.resolve();
        return performance.now();
      },
      asOf: undefined,
    }),
  );
  expect(done).toBe(true);
}, 30_000);
