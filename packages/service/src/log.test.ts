import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onlyIf } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { createLogger } from './log.ts';

function lines() {
  const written: Record<string, unknown>[] = [];
  return { written, destination: { write: (line: string) => void written.push(JSON.parse(line)) } };
}

it('writes the service, the level in words and the time', () => {
  const { written, destination } = lines();
  createLogger({ name: 'order', level: 'info' }, destination).info({ eventId: 'e-1' }, 'handled');
  expect(written).toEqual([
    { service: 'order', level: 'info', time: expect.stringMatching(/Z$/), eventId: 'e-1', msg: 'handled' },
  ]);
});

it('says once what an error was caused by, whether its message has it or not', () => {
  const { written, destination } = lines();
  const log = createLogger({ name: 'order', level: 'info' }, destination);
  const cause = new Error('The topic does not exist.');
  log.warn({ err: new Error('No record was taken: The topic does not exist', { cause }) }, 'x');
  log.warn(new Error('No record was taken', { cause }));
  const taken = new Error('No record was taken: The topic does not exist.', { cause });
  log.warn({ err: new Error('gave up', { cause: taken }) }, 'x');
  log.warn({ err: 'no error' }, 'x');
  expect(written.map(({ err }) => (err as Error).message ?? err)).toEqual([
    'No record was taken: The topic does not exist',
    'No record was taken: The topic does not exist.',
    'gave up: No record was taken: The topic does not exist.',
    'no error',
  ]);
  expect(written[0]).toMatchObject({ err: { stack: expect.stringContaining(`caused by: ${cause}`) } });
});

onlyIf(process.platform === 'linux' ? undefined : 'there is no /dev/full', it)(
  'goes on when its lines can not be written, and keeps only so many of them',
  async () => {
    const script = `
    const { createLogger } = await import(${JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)))});
    const log = createLogger({ name: 'order', level: 'info' });
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 20_000; n++) log.info({ n, text: 'x'.repeat(10_000) }, 'no room');
    process.stderr.write(process.memoryUsage().rss - before < 100 * 1024 ** 2 ? 'lives' : 'grows');`;
    // Every write there fails as on a full disk.
    await using full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', full.fd, 'pipe'],
    });
    expect(child.stderr && (await text(child.stderr))).toBe('lives');
  },
);

it('hides secrets, also those of an object that is logged whole', () => {
  const { written, destination } = lines();
  const log = createLogger({ name: 'order', level: 'info' }, destination);
  log.info(
    { config: { DATABASE_URL: 'postgresql://orders:hunter2@db/orders', PORT: 1 }, password: 'hunter2' },
    'x',
  );
  log.info(
    { request: { headers: { authorization: 'Bearer hunter2' } }, headers: { authorization: 'hunter2' } },
    'x',
  );
  expect(JSON.stringify(written)).not.toContain('hunter2');
  expect(written[0]).toMatchObject({ config: { PORT: 1 } });
});
