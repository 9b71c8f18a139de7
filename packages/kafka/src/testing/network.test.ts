import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { apiKeys, createFaults, type FaultRule } from './network/faults.ts';
import { frames } from './network/frames.ts';
import { createNetwork, type Network } from './network.ts';

// A broker that sends back whatever it is sent, and a client that asks for it.

let broker: Server;
let network: Network;
let client: Socket;
let received: Buffer[];

beforeEach(async () => {
  broker = createServer((socket) => {
    socket.on(
      'data',
      frames((frame) => socket.write(answerTo(frame))),
    );
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  network = createNetwork();
  const { host, port } = await network.via({
    host: '127.0.0.1',
    port: (broker.address() as AddressInfo).port,
  });
  client = connect({ host, port });
  client.on('error', () => {});
  received = [];
  client.on('data', (bytes: Buffer) => received.push(bytes));
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  await network.stop();
  broker.close();
});

/** Length, api key, version, correlation id, and a text. */
function request(apiKey: number, id: number, text: string): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(8 + text.length);
  head.writeInt16BE(apiKey, 4);
  head.writeInt32BE(id, 8);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Length, correlation id, and the text. */
function answerTo(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(frame.length - 8);
  return Buffer.concat([length, frame.subarray(8)]);
}

const bytesReceived = () => Buffer.concat(received);
const texts = () => {
  const found: string[] = [];
  frames((frame) => found.push(frame.toString('utf8', 8)))(bytesReceived());
  return found;
};
const whenTexts = async (count: number) => {
  while (texts().length < count) await once(client, 'data');
  return texts();
};

test('forwards what it is not to strike, in its order, however it is cut', async () => {
  const all = Buffer.concat(['one', 'two', 'three'].map((text, id) => request(apiKeys.Fetch, id, text)));
  for (const byte of all) client.write(Buffer.of(byte));
  expect(await whenTexts(3)).toEqual(['one', 'two', 'three']);
  expect(network.struck).toEqual({});
});

test('a large frame in many pieces costs no more than its bytes', () => {
  const pieces = Array.from({ length: 4_000 }, () => Buffer.alloc(16_384));
  const head = Buffer.alloc(4);
  head.writeInt32BE(4_000 * 16_384);
  const whole: number[] = [];
  const take = frames((frame) => whole.push(frame.length));
  const begun = performance.now();
  for (const piece of [head, ...pieces]) take(piece);
  expect(whole).toEqual([4 + 4_000 * 16_384]);
  // Put together with each piece, it would have been 130 GB.
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test('loses an answer, and the connection with it', async () => {
  network.fault = (apiKey) => (apiKey === apiKeys.Produce ? { kind: 'lose' } : undefined);
  client.write(request(apiKeys.Fetch, 1, 'fetched'));
  expect(await whenTexts(1)).toEqual(['fetched']);
  client.write(request(apiKeys.Produce, 2, 'produced'));
  await once(client, 'close');
  expect(texts()).toEqual(['fetched']);
  expect(network.struck).toEqual({ lose: 1 });
});

test('cuts an answer in half', async () => {
  network.fault = () => ({ kind: 'halve' });
  client.write(request(apiKeys.Fetch, 1, 'answered'));
  await once(client, 'close');
  expect(bytesReceived()).toEqual(answerTo(request(apiKeys.Fetch, 1, 'answered')).subarray(0, 8));
});

test('delays an answer, and all behind it', async () => {
  network.fault = (apiKey) => (apiKey === apiKeys.Produce ? { kind: 'delay', ms: 200 } : undefined);
  const begun = performance.now();
  client.write(Buffer.concat([request(apiKeys.Produce, 1, 'late'), request(apiKeys.Fetch, 2, 'behind')]));
  expect(await whenTexts(2)).toEqual(['late', 'behind']);
  expect(performance.now() - begun).toBeGreaterThan(190);
});

test('lets an answer trickle', async () => {
  network.fault = () => ({ kind: 'throttle', bytesPerSecond: 1_000 });
  const begun = performance.now();
  client.write(request(apiKeys.Fetch, 1, 'x'.repeat(492)));
  expect(await whenTexts(1)).toEqual(['x'.repeat(492)]);
  expect(received.length).toBeGreaterThan(5);
  expect(performance.now() - begun).toBeGreaterThan(400);
});

test('swallows a request, and keeps the connection', async () => {
  network.fault = (apiKey) => (apiKey === apiKeys.Produce ? { kind: 'swallow' } : undefined);
  client.write(request(apiKeys.Produce, 1, 'never'));
  client.write(request(apiKeys.Fetch, 2, 'there'));
  expect(await whenTexts(1)).toEqual(['there']);
});

test('a seed decides the same again, as often as its rules say, and about no others', () => {
  const rules: FaultRule[] = [
    { apis: [apiKeys.Produce], chance: 0.1, fault: 'lose' },
    { apis: [apiKeys.Produce, apiKeys.Fetch], chance: 0.2, fault: { delay: [10, 20] } },
  ];
  const decide = (seed: number, apiKey: number) => {
    const faults = createFaults(seed, rules);
    return Array.from({ length: 2_000 }, () => faults(apiKey));
  };
  const produced = decide(1, apiKeys.Produce);
  expect(decide(1, apiKeys.Produce)).toEqual(produced);
  expect(decide(2, apiKeys.Produce)).not.toEqual(produced);
  const kinds = Object.groupBy(produced, (fault) => fault?.kind ?? 'none');
  expect(kinds.lose?.length).toBeGreaterThan(150);
  expect(kinds.lose?.length).toBeLessThan(250);
  expect(kinds.delay?.length).toBeGreaterThan(300);
  for (const fault of produced)
    if (fault?.kind === 'delay') expect(Math.abs(fault.ms - 15)).toBeLessThanOrEqual(5);
  expect(decide(1, apiKeys.Heartbeat).filter((fault) => fault !== undefined)).toEqual([]);
});
