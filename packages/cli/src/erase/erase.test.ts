import { expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { problem, serveLetters } from '../testing/letterServer.ts';
import { erase } from './erase.ts';

const fake = serveLetters();
const { signal } = new AbortController();
const zero = { erased: 0, underWay: 0 };

const finding = (order: object, kitchen: object) => {
  fake.answer = (url) => [200, url === '/order/erasures' ? order : kitchen];
};
const forgetting = () => fake.asked.filter(({ body }) => body.dryRun === false);

async function run(options: object, open: string[] = []) {
  const { io, lines, notes } = collect();
  const done = await erase('Ada', options, fake.address, async () => open, io, signal);
  return { done, lines, notes };
}

it('asks everybody who keeps names, and forgets after all have answered', async () => {
  finding({ erased: 2, underWay: 1 }, { erased: 1, underWay: 0 });
  const { done, lines } = await run({ address: 'Lane 1', yes: true });
  expect(done).toBe(true);
  expect(lines[1]).toMatch(/^order +2 +1$/);
  expect(lines.at(-1)).toBe('✔ Ada is forgotten in 3 rows. What topics hold goes with their retention.');
  expect(fake.asked.slice(0, 2).map(({ body }) => body.dryRun)).toEqual([true, true]);
  const question = { method: 'POST', token: 'Bearer sandbox-staff' };
  const body = { name: 'Ada', address: 'Lane 1', dryRun: false };
  expect(fake.asked.slice(2)).toEqual([
    { ...question, url: '/order/erasures', body },
    { ...question, url: '/kitchen/erasures', body },
  ]);
});

it('is not done while the name may come back, and says what of', async () => {
  const open = ['kitchen has 5 records to read.'];
  finding({ erased: 2, underWay: 0 }, zero);
  const { done, lines, notes } = await run({ yes: true }, open);
  expect([done, lines.at(-1), notes]).toEqual([false, 'Ada is forgotten in 2 rows so far.', open]);
  finding(zero, zero);
  expect(await run({ yes: true }, open)).toMatchObject({ done: false, notes: open });
});

it('forgets nothing while one of them does not answer', async () => {
  fake.answer = (url) =>
    url === '/order/erasures' ? [200, { ...zero, erased: 2 }] : problem(503, 'The database is away.');
  await expect(run({ yes: true })).rejects.toThrow(/database is away/);
  expect(forgetting()).toEqual([]);
});

it('changes nothing on a dry run, without a yes, and where nothing is to be found', async () => {
  finding({ erased: 2, underWay: 1 }, { erased: 1, underWay: 0 });
  expect((await run({ dryRun: true })).lines.at(-1)).toBe('Nothing was changed: it is a dry run.');
  await expect(run({ json: true })).rejects.toThrow(/Nobody is there to be asked/);
  finding({ erased: 0, underWay: 2 }, zero);
  expect((await run({ yes: true })).lines.at(-1)).toBe(
    'Ada has only orders under way: erase once more when they have ended.',
  );
  finding(zero, zero);
  expect((await run({ yes: true })).lines.at(-1)).toBe('No order has a customer of exactly this name: Ada.');
  expect(forgetting()).toEqual([]);
});
