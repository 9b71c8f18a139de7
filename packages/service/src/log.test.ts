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
