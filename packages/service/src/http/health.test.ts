import { expect, it } from '@jest/globals';
import { createHealth, type HealthOptions } from './health.ts';

const lifecycle: HealthOptions['lifecycle'] = {
  state: 'running',
  step: undefined,
  start: async () => {},
  stop: async () => {},
};

it('asks the database one question at a time, however many ask whether it is up', async () => {
  const pings: PromiseWithResolvers<Date>[] = [];
  const health = createHealth({
    lifecycle,
    now: () => new Date(),
    ping() {
      const ping = Promise.withResolvers<Date>();
      pings.push(ping);
      return ping.promise;
    },
    parts: [],
  });

  const asked = [health(), health(), health()];
  expect(pings).toHaveLength(1);
  pings[0]?.resolve(new Date());
  for (const { status } of await Promise.all(asked)) expect(status).toBe('ready');

  const next = health();
  expect(pings).toHaveLength(2);
  pings[1]?.reject(new Error('gone'));
  expect(await next).toMatchObject({ status: 'not_ready', dependencies: { postgres: { detail: 'gone' } } });
});

it.each([
  [-600, "this machine's clock is 600 s behind PostgreSQL's"],
  [600, "this machine's clock is 600 s ahead of PostgreSQL's"],
])('tells of a clock that is wrong by %d s', async (seconds, detail) => {
  const at = new Date();
  const now = () => new Date(at.getTime() + seconds * 1_000);
  const health = createHealth({ lifecycle, ping: async () => at, now, parts: [] });
  const { status, dependencies } = await health();
  expect({ status, ...dependencies.postgres }).toEqual({
    status: 'ready',
    up: true,
    needsStaff: true,
    detail,
  });
});
