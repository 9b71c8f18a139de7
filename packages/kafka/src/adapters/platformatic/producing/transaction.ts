import { committedByTopic } from '../../../reader/commit.ts';
import type { Position, TopicPartition } from '../../../record.ts';
import type { Coordinator } from '../../../wire/coordinator.ts';
import {
  addOffsetsToTxnV4,
  addPartitionsToTxnV3,
  endTxnV4,
  initProducerIdV5,
  txnOffsetCommitV4,
} from '../../../wire/protocol.ts';
import { nameOf } from '../../../wire/protocolErrors.ts';
import type { Ask } from './ask.ts';

/** What InitProducerId gives: a later one of the same transactional id has a higher epoch, and fences this one (KIP-98). */
export interface ProducerId {
  id: bigint;
  epoch: number;
}

/** Fences whoever had this transactional id, and ends what was under way of it: returns when that is either committed or aborted. */
export async function initProducer(
  ask: Ask,
  coordinator: Coordinator,
  transactionalId: string,
  timeoutMs: number,
): Promise<ProducerId> {
  const { producerId: id, producerEpoch: epoch } = await ask(
    coordinator,
    `begin as ${transactionalId}`,
    (connection) => initProducerIdV5.api.async(connection, transactionalId, timeoutMs),
    ({ errorCode }) => [errorCode],
  );
  return { id, epoch };
}

/** One transaction after another of a producer, as its coordinator has them. */
export interface Transactions {
  /** The group's offsets are part of the transaction; it begins with this. */
  addOffsets(group: string): Promise<void>;
  /** These partitions are, too, and may be written to. */
  addPartitions(partitions: readonly TopicPartition[]): Promise<void>;
  /** Where a partition goes on, once the transaction is committed. @param coordinator of the group */
  putOffset(coordinator: Coordinator, group: string, position: Position): Promise<void>;
  /** Holds from here on; the partitions hear of it a moment later. */
  commit(): Promise<void>;
}

/** Of no member of the group: a pipeline works alone. */
const NO_MEMBER = { generation: -1, id: '', instance: null };

/** @throws what the network says; what Kafka says, with its name of the error as its type */
export function createTransactions(
  ask: Ask,
  coordinator: Coordinator,
  transactionalId: string,
  { id, epoch }: ProducerId,
): Transactions {
  return {
    async addOffsets(group) {
      await ask(
        coordinator,
        `add the offsets of ${group} to a transaction`,
        (connection) => addOffsetsToTxnV4.api.async(connection, transactionalId, id, epoch, group),
        ({ errorCode }) => [errorCode],
      );
    },
    async addPartitions(partitions) {
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitions: of.map(({ partition }) => partition),
      }));
      const transaction = {
        transactionalId,
        producerId: id,
        producerEpoch: epoch,
        verifyOnly: false,
        topics,
      };
      await ask(
        coordinator,
        'add partitions to a transaction',
        (connection) => addPartitionsToTxnV3.api.async(connection, [transaction]),
        ({ resultsByTransaction }) =>
          resultsByTransaction
            .flatMap(({ topicResults }) => topicResults)
            .flatMap(({ resultsByPartition }) => resultsByPartition)
            .map(({ partitionErrorCode }) => partitionErrorCode)
            // Said of those that nothing is wrong with, beside one of which something is.
            .filter((code) => nameOf(code) !== 'OPERATION_NOT_ATTEMPTED'),
      );
    },
    async putOffset(groupCoordinator, group, position) {
      const { generation, id: member, instance } = NO_MEMBER;
      await ask(
        groupCoordinator,
        `put down the offsets of ${group}`,
        (connection) =>
          txnOffsetCommitV4.api.async(
            ...[connection, transactionalId, group, id, epoch, generation, member, instance],
            committedByTopic([position]),
          ),
        ({ topics }) => topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
      );
    },
    async commit() {
      await ask(
        coordinator,
        'commit a transaction',
        (connection) => endTxnV4.api.async(connection, transactionalId, id, epoch, true),
        ({ errorCode }) => [errorCode],
      );
    },
  };
}
