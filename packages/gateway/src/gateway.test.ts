import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readRoutes } from './config.ts';
import { type Gateway, startGateway } from './gateway.ts';

describe('readRoutes', () => {
  test('reads ports and targets', () => {
    expect(readRoutes({ ROUTES: '3003=kitchen:80, 3004=10.0.0.1:3004' })).toEqual([
      { port: 3003, target: { host: 'kitchen', port: 80 } },
      { port: 3004, target: { host: '10.0.0.1', port: 3004 } },
    ]);
  });

  test.each([undefined, '', '3003', '3003=kitchen', 'kitchen:3003'])('refuses %p', (ROUTES) => {
    expect(() => readRoutes({ ...(ROUTES !== undefined && { ROUTES }) })).toThrow('is no route');
  });
});

// Instances are on one port, each on an address of its own. Of 127/8, other systems than Linux have only 127.0.0.1.
const onLinux = process.platform === 'linux';

(onLinux ? describe : describe.skip)(`a gateway${onLinux ? '' : ' (skipped: not Linux)'}`, () => {
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  let instances: Server[];
  let gateway: Gateway;
  let known: string[];

  beforeEach(async () => {
    instances = [];
    let port = 0;
    for (const address of addresses) {
      const server = createServer({ allowHalfOpen: true }, async (socket) => {
        socket.end(`${address} heard ${await text(socket)}`);
      });
      server.listen(port, address);
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
      instances.push(server);
    }
    known = addresses;
    gateway = await startGateway([{ port: 0, target: { host: 'kitchen', port } }], async () => known);
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    for (const server of instances) server.close();
  });

  async function say(words: string): Promise<string> {
    const socket = connect({ port: gateway.ports[0] ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(words);
    return text(socket);
  }

  test('passes on both ways what is said', async () => {
    known = ['127.0.0.2'];
    expect(await say('two flat whites')).toBe('127.0.0.2 heard two flat whites');
  });

  test('gives every instance its share', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => say('hello')));
    expect(new Set(answers)).toEqual(new Set(addresses.map((address) => `${address} heard hello`)));
  });

  test('takes another instance when one is gone', async () => {
    instances[1]?.close();
    instances[2]?.close();
    for (let n = 0; n < 10; n++) expect(await say('hello')).toBe('127.0.0.1 heard hello');
  });

  test('hangs up when there is none, and goes on', async () => {
    known = [];
    await expect(say('hello')).resolves.toBe('');
    known = ['127.0.0.3'];
    expect(await say('hello')).toBe('127.0.0.3 heard hello');
  });
});
