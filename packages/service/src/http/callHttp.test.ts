import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
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

it.each([
  [
    'switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'an answer that switches protocols',
  ],
  ['only says that it goes on', 'HTTP/1.1 102 Processing\r\n\r\n', 'no answer in 500 ms'],
  ['is none of HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'Parse Error'],
  ['never comes to its end', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'no answer in 500 ms'],
])('ends with an error when the answer %s', async (_, answer, message) => {
  const sockets: Socket[] = [];
  const server = createSocketServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(180_000);
  const call = { method: 'GET', headers: {}, timeoutMs: 500, signal };
  await expect(callHttp(`http://127.0.0.1:${port}/`, call)).rejects.toThrow(message);
  for (const socket of sockets) socket.destroy();
  server.close();
});
