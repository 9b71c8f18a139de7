import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. When the brokers of a cluster change, kafkajs lets its fetchers end and makes new ones.
 * Unpatched, it does so even if the consumer was stopped in between: each new fetcher asks the stopped runner, gets an
 * empty answer at once, and asks again. No timer and no socket of the process is ever served again.
 */
const createFetchManager = createRequire(import.meta.url)('kafkajs/src/consumer/fetchManager');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };

test('starts no new fetchers when it is stopped while the brokers change', async () => {
  let nodeIds = ['1', '2'];
  let running = true;
  let fetchesAfterStop = 0;
  const slow = Promise.withResolvers<void>();
  const manager = createFetchManager({
    logger: silent,
    getNodeIds: () => nodeIds,
    handler: async () => {},
    async fetch(nodeId: string) {
      if (!running) {
        fetchesAfterStop += 1;
        // The runner would answer for ever, and this test would never fail.
        if (fetchesAfterStop > 100) throw new Error('still fetching');
        return [];
      }
      await (nodeId === '2' ? slow.promise : turn());
      return [];
    },
  });
  const ended = manager.start();
  nodeIds = ['2']; // a broker died: fetcher 1 sees it, and fetcher 2 waits for its answer
  await turn();
  await turn();
  running = false; // what the runner's stop() does
  const stopped = manager.stop();
  slow.resolve();
  await Promise.all([ended, stopped]);
  expect(fetchesAfterStop).toBe(0);
});
