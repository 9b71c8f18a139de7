import { CompressionTypes, type Transaction } from 'kafkajs';
import type { Lane, LaneOptions } from '../../adapter.ts';
import { delay } from '../../delay.ts';
import { FencedError, kafkaErrorTypeOf } from '../../errors.ts';
import { portionsOf } from '../../producer/batches.ts';
import { metadataOf } from '../../reader/commit.ts';
import type { OutgoingRecord } from '../../record.ts';
import { kafkaOf } from './kafka.ts';
import { byTopic } from './messages.ts';
import { createPartitioning } from './partitioning.ts';

/**
 * As long as a transaction is open, whoever reads committed records waits behind it: if its process was killed, until the
 * process is back or this is over.
 */
const TIMEOUT_MS = 15_000;

/**
 * One transactional.id for each input partition, so that whoever works on the partition fences who did before. One for the whole
 * process takes more from a client than kafkajs has: the group's generation in TxnOffsetCommit and stable offset fetches (KIP-447).
 */
export async function openLane({
  client,
  group,
  topic,
  partition,
  topicId,
  timeoutMs = TIMEOUT_MS,
}: LaneOptions): Promise<Lane> {
  const partitioning = createPartitioning();
  const producer = kafkaOf(client).producer({
    transactionalId: `${group}.${topic}.${partition}`,
    transactionTimeout: timeoutMs,
    allowAutoTopicCreation: false,
    createPartitioner: partitioning.createPartitioner,
  });
  let next: Transaction | undefined;
  try {
    await producer.connect();
    // The first one is what makes kafkajs initialise the producer. To the brokers it begins with its first request.
    next = await producer.transaction();
  } catch (error) {
    await producer.disconnect();
    throw error;
  }

  /** Danger zone: it is never aborted. What failed may have been the commit, which has to be settled first. */
  async function write(transaction: Transaction, records: readonly OutgoingRecord[], nextOffset: bigint) {
    const partitions = [{ partition, offset: String(nextOffset), metadata: metadataOf(topicId) }];
    // Offsets first: the one request that can be repeated while the coordinator still ends the transaction before. In a
    // send kafkajs would wait a tenth of a second and more for that.
    await unlessConcurrent(() =>
      transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] }),
    );
    for (const portion of portionsOf(records)) {
      const topicMessages = byTopic(portion);
      partitioning.begin();
      partitioning.settle(
        await transaction.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages }),
      );
    }
    await transaction.commit();
  }

  return {
    topic,
    partition,
    async commit(records, nextOffset) {
      const begunAt = Date.now();
      const transaction = next ?? (await producer.transaction());
      next = undefined;
      try {
        await write(transaction, records, nextOffset);
      } catch (error) {
        // The coordinator fences us, too, when it aborts what took too long. Then we are not in anybody's way.
        const tookLong = Date.now() - begunAt >= timeoutMs;
        if (kafkaErrorTypeOf(error) !== 'INVALID_PRODUCER_EPOCH' || tookLong) throw error;
        throw new FencedError(group, `${topic}/${partition}`, error);
      }
    },
    close: () => producer.disconnect(),
  };
}

const PAUSE_MS = 5;
const PATIENCE_MS = 5_000;

async function unlessConcurrent(request: () => Promise<void>): Promise<void> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
    try {
      return await request();
    } catch (error) {
      if (kafkaErrorTypeOf(error) !== 'CONCURRENT_TRANSACTIONS' || Date.now() > giveUpAt) throw error;
    }
  }
}
