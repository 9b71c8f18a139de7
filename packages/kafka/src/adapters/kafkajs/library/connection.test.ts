import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch as well. A broker that was frozen answers when it thaws, over a connection that was given up long before. Unpatched,
 * kafkajs takes the bytes of both for one stream: what comes by the new connection is never understood any more.
 */
const require = createRequire(import.meta.url);
const Connection = require('kafkajs/src/network/connection');
const Encoder = require('kafkajs/src/protocol/encoder');

const logger = { namespace: () => logger, debug() {}, info() {}, warn() {}, error() {} };
const request = { apiKey: 3, apiVersion: 0, apiName: 'Metadata', encode: async () => new Encoder() };
const response = { decode: async (bytes: Buffer) => bytes, parse: async (bytes: Buffer) => String(bytes) };

let server: Server;
let connection: InstanceType<typeof Connection>;
/** The sockets of both sides, in this order. */
let accepted: Socket[];
let opened: Socket[];

beforeEach(async () => {
  accepted = [];
  opened = [];
  server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket.resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  connection = new Connection({
    ...{
      host: '127.0.0.1',
      port,
      logger,
      clientId: 'test',
      requestTimeout: 60_000,
      connectionTimeout: 60_000,
    },
    socketFactory({ onConnect }: { onConnect: () => void }) {
      const socket = connect({ host: '127.0.0.1', port }, onConnect);
      opened.push(socket);
      return socket;
    },
  });
});
afterEach(async () => {
  await connection.disconnect();
  for (const socket of accepted) socket.destroy();
  server.close();
});

async function connected(): Promise<Socket> {
  const accepting = once(server, 'connection');
  await connection.connect();
  await accepting;
  return accepted.at(-1) as Socket;
}

function answer(correlationId: number, text: string): Buffer {
  const bytes = Buffer.alloc(8 + text.length, text, 'latin1');
  bytes.writeInt32BE(4 + text.length, 0);
  bytes.writeInt32BE(correlationId, 4);
  bytes.write(text, 8);
  return bytes;
}

const ask = (): Promise<string> => connection.send({ request, response });

test('takes nothing that a connection before it still brings', async () => {
  const old = await connected();
  const unanswered = ask().catch((error: Error) => error.message);
  await once(old, 'data');
  connection.rejectRequests(new Error('no answer in time'));
  await connection.disconnect();
  expect(await unanswered).toBe('no answer in time');

  const fresh = await connected();
  const first = ask();
  await once(fresh, 'data');
  const half = once(opened[0] as Socket, 'data');
  old.write(answer(0, 'x'.repeat(2_000)).subarray(0, 1_000));
  await half;
  fresh.write(answer(1, 'hello'));
  expect(await first).toBe('hello');
});

test('begins anew with what it had of an answer when its connection ended', async () => {
  const old = await connected();
  const unanswered = ask().catch(() => 'nothing');
  const half = once(opened[0] as Socket, 'data');
  old.write(answer(0, 'hello').subarray(0, 9));
  await half;
  old.destroy();
  expect(await unanswered).toBe('nothing');

  const fresh = await connected();
  const first = ask();
  await once(fresh, 'data');
  fresh.write(answer(1, 'hello'));
  expect(await first).toBe('hello');
});
