import { expect, it } from '@jest/globals';
import { createHealth } from './health.ts';

it('asks the database one question at a time, however many ask whether it is up', async () => {
  const pings: PromiseWithResolvers<void>[] = [];
  const health = createHealth({
    lifecycle: { state: 'running', step: undefined, start: async () => {}, stop: async () => {} },
    ping() {
      const ping = Promise.withResolvers<void>();
      pings.push(ping);
      return ping.promise;
    },
    parts: [],
  });

  const asked = [health(), health(), health()];
  expect(pings).toHaveLength(1);
  pings[0]?.resolve();
  for (const { status } of await Promise.all(asked)) expect(status).toBe('ready');

  const next = health();
  expect(pings).toHaveLength(2);
  pings[1]?.reject(new Error('gone'));
  expect(await next).toMatchObject({ status: 'not_ready', dependencies: { postgres: { detail: 'gone' } } });
});
