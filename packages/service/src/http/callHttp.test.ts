import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { callHttp } from './callHttp.ts';

async function callTo(answer: RequestListener, timeoutMs: number): Promise<unknown> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    // Without a time of its own, this would end it, with another error.
    const signal = AbortSignal.timeout(180_000);
    return await callHttp(`http://127.0.0.1:${port}/`, { method: 'GET', headers: {}, timeoutMs, signal });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it.each([
  ['no answer', ''],
  ['half an answer', 'half'],
])('gives up on %s when its time is over', async (_, answer) => {
  await expect(callTo((_request, response) => void (answer && response.write(answer)), 50)).rejects.toThrow(
    'no answer in 50 ms',
  );
});

it('takes an answer of a mebibyte, in whatever pieces, and gives up on one that has no end', async () => {
  const text = 'é'.repeat(512 * 1024);
  expect(await callTo((_request, response) => void response.end(text), 60_000)).toEqual({
    status: 200,
    text,
  });

  const part = Buffer.alloc(64 * 1024);
  const endless: RequestListener = (_request, response) => {
    const write = () => {
      while (response.writable && response.write(part));
    };
    response.on('drain', write);
    write();
  };
  await expect(callTo(endless, 60_000)).rejects.toThrow('an answer of more than 1048576 bytes');
});
