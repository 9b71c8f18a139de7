import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { healthOf } from './health.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A service whose parts take their time to say how they are. */
async function service(ms: number, body: object): Promise<string> {
  const server = createServer(async (_request, response) => {
    await delay(ms);
    response.end(JSON.stringify(body));
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('waits for a service that waits for its parts, and tells what they say', async () => {
  const dependencies = { postgres: { up: true }, consumer: { up: false, detail: 'no answer in 2500 ms' } };
  const url = await service(2_600, { status: 'degraded', dependencies });
  expect(await healthOf(url)).toEqual({
    state: 'degraded',
    standsStill: 'consumer: no answer in 2500 ms',
  });
}, 10_000);

it('tells also what gets on, and yet needs somebody', async () => {
  const dependencies = {
    relay: { up: true, detail: 'sending' },
    'call-provider': { up: true, detail: '5 set aside', needsStaff: true },
  };
  const url = await service(0, { status: 'ready', dependencies });
  expect(await healthOf(url)).toEqual({ state: 'ready', standsStill: 'call-provider: 5 set aside' });
});

it('tells by which library a service talks to Kafka', async () => {
  const dependencies = { kafka: { up: true, detail: 'running', library: 'kafkajs' } };
  const url = await service(0, { status: 'ready', dependencies });
  expect(await healthOf(url)).toEqual({ state: 'ready', library: 'kafkajs' });
});
