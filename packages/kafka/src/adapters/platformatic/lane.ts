import type { Lane, LaneOptions } from '../../adapter.ts';
import { optionsOf } from '../../client.ts';
import { FencedError, kafkaErrorTypeOf } from '../../errors.ts';
import { portionsOf } from '../../producer/batches.ts';
import type { OutgoingRecord, TopicPartition } from '../../record.ts';
import { createBrokers } from '../../wire/brokers.ts';
import { createCoordinator } from '../../wire/coordinator.ts';
import { createAsk } from './producing/ask.ts';
import { createDelivery } from './producing/delivery.ts';
import { createTransactions, initProducer } from './producing/transaction.ts';

/**
 * As long as a transaction is open, whoever reads committed records waits behind it: if its process was killed, until the
 * process is back or this is over.
 */
const TIMEOUT_MS = 15_000;
/** How long what brokers can't do yet is tried again, in milliseconds. */
const PATIENCE_MS = 10_000;

const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']);

/**
 * One transactional.id for each input partition, so that whoever works on the partition fences who did before.
 *
 * A request of a transaction that has no answer is not sent again: it might arrive late, within the next transaction of the same epoch, and
 * end that (which KIP-890 mends for those who bump the epoch with each). Records are: their numbers tell them.
 */
export async function openLane({
  client,
  group,
  topic,
  partition,
  topicId,
  timeoutMs = TIMEOUT_MS,
}: LaneOptions): Promise<Lane> {
  const transactionalId = `${group}.${topic}.${partition}`;
  const { compression = 'none' } = optionsOf(client);
  const brokers = createBrokers(client);
  const ask = createAsk(PATIENCE_MS);
  const coordinator = createCoordinator(brokers, 'transaction', transactionalId);
  const groupCoordinator = createCoordinator(brokers, 'group', group);
  const producer = await initProducer(ask, coordinator, transactionalId, timeoutMs).catch(async (error) => {
    await brokers.close();
    throw error;
  });
  const transactions = createTransactions(ask, coordinator, transactionalId, producer);
  /** Partitions of the transaction that is open. */
  const added = new Set<string>();
  const delivery = createDelivery({
    ...{ brokers, producer, compression, patienceMs: Math.min(PATIENCE_MS, timeoutMs) },
    transaction: { id: transactionalId, add },
  });

  async function add(partitions: readonly TopicPartition[]): Promise<void> {
    const others = partitions.filter((each) => !added.has(nameOf(each)));
    if (others.length > 0) await transactions.addPartitions(others);
    for (const each of others) added.add(nameOf(each));
  }

  async function send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const portion of portionsOf(records)) {
      const { unsent, outage } = await delivery.send(portion);
      const [first] = unsent;
      if (outage !== undefined) throw outage;
      if (first) throw refusalOf(first.refusal);
    }
  }

  /** Danger zone: it is never aborted. What failed may have been the commit, which has to be settled first. */
  async function write(records: readonly OutgoingRecord[], nextOffset: bigint): Promise<void> {
    added.clear();
    await transactions.addOffsets(group);
    const parts = await Promise.allSettled([
      transactions.putOffset(groupCoordinator, group, { topic, partition, offset: nextOffset, topicId }),
      send(records),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    await transactions.commit();
  }

  return {
    topic,
    partition,
    async commit(records, nextOffset) {
      const begunAt = Date.now();
      try {
        await write(records, nextOffset);
      } catch (error) {
        // The coordinator fences us, too, when it aborts what took too long. Then we are not in anybody's way.
        const tookLong = Date.now() - begunAt >= timeoutMs;
        if (!fencing.has(kafkaErrorTypeOf(error) ?? '') || tookLong) throw error;
        throw new FencedError(group, `${topic}/${partition}`, error);
      }
    },
    close: () => brokers.close(),
  };
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/** With the type that an error of Kafka has: for who asks whether it is the records' fault. */
const refusalOf = (refusal = 'a partition is gone') =>
  Object.assign(new Error(`Kafka refuses the records: ${refusal}`), { type: refusal });
