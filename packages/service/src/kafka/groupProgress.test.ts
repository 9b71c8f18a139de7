import { expect, it } from '@jest/globals';
import { createGroupProgress } from './groupProgress.ts';

/** A group of two partitions, and a clock. */
function group() {
  let seconds = 0;
  let questions = 0;
  let trouble: Promise<never> | undefined;
  const offsets = { committed: [10n, 10n] as (bigint | undefined)[], latest: [10n, 10n] };
  const look = createGroupProgress({
    topics: ['orders'],
    now: () => seconds * 1_000,
    async lag() {
      questions += 1;
      await trouble;
      return [0, 1].flatMap((partition) => {
        const [committed, latest = 0n] = [offsets.committed[partition], offsets.latest[partition]];
        const of = { partition, committed, latest, lag: latest - (committed ?? 0n) };
        return [
          { topic: 'orders', ...of },
          { topic: 'not read any more', ...of, lag: 99n },
        ];
      });
    },
  });
  return {
    offsets,
    look,
    after: (more: number) => {
      seconds += more;
      return look();
    },
    /** From here on it fails, or does not answer at all; undefined: it answers again. */
    fail(how?: Promise<never>) {
      trouble = how;
    },
    get questions() {
      return questions;
    },
  };
}

it('is down when there is something to read and nothing was committed for half a minute, whoever should have', async () => {
  const { look, after, offsets } = group();
  expect(await look()).toEqual({ up: true });
  expect(await after(600)).toEqual({ up: true });
  offsets.latest[1] = 17n;
  expect(await after(10)).toEqual({ up: true });
  expect(await after(20)).toEqual({ up: true });
  expect(await after(20)).toEqual({
    up: false,
    detail: 'of 7 records in orders/1 none was done for 40 s',
  });
  offsets.committed[1] = 11n;
  expect(await after(10)).toEqual({ up: true });
});

it('says nothing of partitions where it has not begun', async () => {
  const { look, after, offsets } = group();
  offsets.committed = [undefined, undefined];
  await look();
  expect(await after(600)).toEqual({ up: true });
});

it('asks Kafka every few seconds at most', async () => {
  const asked = group();
  await Promise.all([asked.look(), asked.look()]);
  await asked.after(1);
  expect(asked.questions).toBe(1);
  await asked.after(5);
  expect(asked.questions).toBe(2);
});

it('is down when Kafka has not said for ten seconds how far the group is, and says why as far as that is known', async () => {
  const { look, after, fail } = group();
  await look();
  const refused = Promise.reject(new Error('nobody listens'));
  refused.catch(() => {});
  fail(refused);
  expect(await after(60)).toEqual({ up: true });
  expect(await after(6)).toEqual({ up: true });
  expect(await after(6)).toEqual({
    up: false,
    detail: expect.stringMatching(/^Kafka does not answer since 2\S+Z: nobody listens$/),
  });
  fail();
  expect(await after(6)).toEqual({ up: true });
  const silence = Promise.withResolvers<never>();
  fail(silence.promise);
  expect(await after(6)).toEqual({ up: true });
  expect(await after(12)).toEqual({
    up: false,
    detail: expect.stringMatching(/^Kafka does not answer since 2\S+Z$/),
  });
});
