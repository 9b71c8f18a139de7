import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createKafkaClient, kafkaOf } from './client.ts';

test('whoever begins anew asks another address first', async () => {
  let asked: string[] = [];
  const client = createKafkaClient({
    brokers: ['one:9092', 'two:9092', 'three:9092'],
    clientId: 'test',
    log: pino({ level: 'silent' }),
    connect({ host }) {
      asked.push(host);
      const socket = new Socket();
      setImmediate(() => socket.destroy(new Error('away')));
      return socket;
    },
  });
  const first: (string | undefined)[] = [];
  for (let turn = 0; turn < 2; turn++) {
    asked = [];
    await expect(
      kafkaOf(client)
        .admin({ retry: { retries: 0 } })
        .connect(),
    ).rejects.toThrow('away');
    first.push(asked[0]);
  }
  expect(first).toEqual(['one', 'two']);
});
