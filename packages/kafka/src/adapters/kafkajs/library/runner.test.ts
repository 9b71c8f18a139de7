import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. A member whose session is over is told so, drops its id, and joins anew. Unpatched, when that fails, as it
 * does while the brokers are only just coming back, it goes on with what it was given before, without an id and so without heartbeats: the
 * group is empty, nothing is committed any more, and nobody notices.
 */
const require = createRequire(import.meta.url);
const Runner = require('kafkajs/src/consumer/runner');
const { KafkaJSConnectionError, KafkaJSProtocolError } = require('kafkajs/src/errors');
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };
const UNKNOWN_MEMBER_ID = 25;

test('a member that is none any more reads nothing before it has joined anew', async () => {
  const happened: string[] = [];
  const readAgain = Promise.withResolvers<void>();
  const joins = [true, false, false, true];
  const group = {
    memberId: 'first' as string | null,
    connect: async () => {},
    leave: async () => {},
    getNodeIds: () => ['1'],
    async joinAndSync() {
      const succeeds = joins.shift();
      happened.push(succeeds ? 'joined' : 'failed to join');
      if (!succeeds) throw new KafkaJSConnectionError('away');
      this.memberId = 'member';
    },
    async fetch() {
      happened.push('fetched');
      if (joins.length === 3) throw new KafkaJSProtocolError(createErrorFromCode(UNKNOWN_MEMBER_ID));
      readAgain.resolve();
      await new Promise(setImmediate);
      return [];
    },
  };
  const runner = new Runner({
    logger: silent,
    consumerGroup: group,
    instrumentationEmitter: { emit() {} },
    concurrency: 1,
    eachBatch: async () => {},
    onCrash: readAgain.reject,
    retry: { initialRetryTime: 1, retries: 5, multiplier: 1, factor: 0, maxRetryTime: 1 },
  });
  await runner.start();
  await readAgain.promise;
  await runner.stop();
  expect(happened.slice(0, 6)).toEqual([
    'joined',
    'fetched',
    'failed to join',
    'failed to join',
    'joined',
    'fetched',
  ]);
});
