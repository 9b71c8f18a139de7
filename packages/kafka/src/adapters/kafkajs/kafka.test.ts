import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createKafkaClient } from '../../client.ts';
import { kafkaOf } from './kafka.ts';

test('whoever begins anew asks another address first', async () => {
  let asked: string[] = [];
  const client = createKafkaClient({
    brokers: ['one:9092', 'two:9092', 'three:9092'],
    clientId: 'test',
    log: pino({ level: 'silent' }),
    async via({ host }) {
      asked.push(host);
      throw new Error('away');
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
