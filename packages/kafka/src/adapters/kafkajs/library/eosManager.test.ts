import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. While another instance takes a transactional.id over, the coordinator answers CONCURRENT_TRANSACTIONS
 * to whoever commits under it, or fails with an IllegalStateException of its own (UNKNOWN_SERVER_ERROR), and says a moment later that it
 * is fenced. Unpatched, kafkajs doesn't ask again, and whoever was fenced takes it for a passing error: it begins anew, and fences the one
 * that came after it.
 */
const require = createRequire(import.meta.url);
const createEosManager = require('kafkajs/src/producer/eosManager');
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

const UNKNOWN_SERVER_ERROR = -1;
const CONCURRENT_TRANSACTIONS = 51;
const INVALID_PRODUCER_EPOCH = 47;

/** Commits a transaction with a coordinator that answers with these error codes, one after the other, and then with success. */
async function commit(...codes: number[]): Promise<void> {
  const coordinator = {
    initProducerId: async () => ({ producerId: 1, producerEpoch: 0 }),
    addPartitionsToTxn: async () => {},
    async endTxn() {
      const code = codes.shift();
      if (code !== undefined) throw createErrorFromCode(code);
    },
  };
  const transactions = createEosManager({
    logger: { debug() {} },
    cluster: {
      retry: { initialRetryTime: 1 },
      refreshMetadataIfNecessary: async () => {},
      findGroupCoordinator: async () => coordinator,
    },
    transactional: true,
    transactionalId: 't',
  });
  await transactions.initProducerId();
  transactions.beginTransaction();
  await transactions.addPartitionsToTransaction([{ topic: 'orders', partitions: [{ partition: 0 }] }]);
  await transactions.commit();
}

test.each([CONCURRENT_TRANSACTIONS, UNKNOWN_SERVER_ERROR])('asks again after error %i', async (code) => {
  await commit(code, code);
  await expect(commit(code, INVALID_PRODUCER_EPOCH)).rejects.toMatchObject({
    type: 'INVALID_PRODUCER_EPOCH',
  });
});

test('takes every other answer for the last one', async () => {
  await expect(commit(INVALID_PRODUCER_EPOCH)).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
});
