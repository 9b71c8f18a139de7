import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { callHttp } from './callHttp.ts';

it.each([
  ['no answer', ''],
  ['half an answer', 'half'],
])('gives up on %s when its time is over', async (_, answer) => {
  const server = createServer((_request, response) => {
    if (answer) response.write(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // Without a time of its own, this would end it, with another error.
  const signal = AbortSignal.timeout(180_000);
  const call = { method: 'GET', headers: {}, timeoutMs: 50, signal };
  await expect(callHttp(`http://127.0.0.1:${port}/`, call)).rejects.toThrow('no answer in 50 ms');
  server.closeAllConnections();
  server.close();
});
