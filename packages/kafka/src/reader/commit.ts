import { BrokerUnavailableError } from '../errors.ts';
import { findCoordinatorV6, offsetCommitV9 } from '../wire/protocol.ts';
import { answerOf, isPassing, nameOf, refused } from '../wire/protocolErrors.ts';
import type { Cluster } from './cluster.ts';
import type { PartitionOffset } from './offsets.ts';

const GROUP = 0;
/** Of no member: what Kafka takes for a group that has none, as from a tool that sets offsets. */
const NO_MEMBER = { generation: -1, id: '', instance: null };
const NO_EPOCH = -1;

/** On top of the others: the coordinator has just moved, or still reads what it has to know. */
const passingHere = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']);

/**
 * Puts down how far a group is, which has no members.
 * @throws BrokerUnavailableError: it may be tried again; ReadRefusedError: the group has members, or there is no ACL for it
 */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: NO_EPOCH,
      committedMetadata: '',
    })),
  }));
  const codes = await commit(cluster, group, topics).catch((error: unknown) => {
    throw new BrokerUnavailableError(`put down the offsets of ${group}`, error);
  });
  const failed = codes.find((code) => code !== 0);
  if (failed === undefined) return;
  if (!isPassing(failed) && !passingHere.has(nameOf(failed))) throw refused(`group ${group}`, failed);
  throw new BrokerUnavailableError(`put down the offsets of ${group}`, new Error(nameOf(failed)));
}

/** The error code of each partition, or that of the group alone. */
async function commit(
  cluster: Cluster,
  group: string,
  topics: offsetCommitV9.OffsetCommitRequestTopic[],
): Promise<number[]> {
  const found = await answerOf(findCoordinatorV6.api.async(await cluster.connectionToAny(), GROUP, [group]));
  const coordinator = found.coordinators[0];
  if (coordinator === undefined || coordinator.errorCode !== 0) return [coordinator?.errorCode ?? -1];
  const connection = await cluster.connectionAt(coordinator);
  const { generation, id, instance } = NO_MEMBER;
  const answer = await answerOf(
    offsetCommitV9.api.async(connection, group, generation, id, instance, topics),
  );
  return answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
}
