import { BrokerUnavailableError } from '../errors.ts';
import type { Position } from '../record.ts';
import type { Brokers } from '../wire/brokers.ts';
import { createCoordinator } from '../wire/coordinator.ts';
import { offsetCommitV9, offsetFetchV9 } from '../wire/protocol.ts';
import { refused } from '../wire/protocolErrors.ts';

/** Of no member: what Kafka takes for a group that has none, as from a tool that sets offsets. */
const NO_MEMBER = { generation: -1, id: '', instance: null };
const NO_EPOCH = -1;

/**
 * Puts down how far a group is, which has no members.
 * @throws BrokerUnavailableError: it may be tried again; ReadRefusedError: the group has members, or there is no ACL for it
 */
export async function commitOffsets(
  brokers: Brokers,
  group: string,
  offsets: readonly Position[],
): Promise<void> {
  const { generation, id, instance } = NO_MEMBER;
  const codesOf = ({ topics }: offsetCommitV9.OffsetCommitResponse) =>
    topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
  const answer = await createCoordinator(brokers, 'group', group)
    .ask(
      (connection) =>
        offsetCommitV9.api.async(connection, group, generation, id, instance, committedByTopic(offsets)),
      codesOf,
    )
    .catch((error: unknown) => {
      throw new BrokerUnavailableError(`put down the offsets of ${group}`, error);
    });
  const failed = codesOf(answer).find((code) => code !== 0);
  if (failed !== undefined) throw refused(`group ${group}`, failed);
}

/**
 * What stands with a committed offset. Kafka keeps offsets by the names of topics: one that comes from work which was still in hand when its topic
 * was deleted and made anew would be taken for one of the new topic, and what comes before it there would be read by nobody.
 */
export const metadataOf = (topicId: string | undefined): string => (topicId ? TOPIC_ID + topicId : '');

const topicIdIn = (metadata: string | null | undefined): string | undefined =>
  metadata?.startsWith(TOPIC_ID) ? metadata.slice(TOPIC_ID.length) : undefined;

const TOPIC_ID = 'topic-id:';

/** As the protocol has it. */
export const committedByTopic = (offsets: readonly Position[]): offsetCommitV9.OffsetCommitRequestTopic[] =>
  [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    partitions: of.map(({ partition, offset, topicId }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: NO_EPOCH,
      committedMetadata: metadataOf(topicId),
    })),
  }));

/**
 * Where a group goes on, of each partition that it has committed: what is committed, and not what a transaction that is open would change.
 * @throws BrokerUnavailableError after some 15 s, ReadRefusedError
 */
export async function committedOffsets(brokers: Brokers, group: string): Promise<Position[]> {
  const asked = { groupId: group, memberId: null, memberEpoch: -1, topics: null };
  const answer = await createCoordinator(brokers, 'group', group).insist(
    (connection) => offsetFetchV9.api.async(connection, [asked], false),
    codesOfFetch,
  );
  const failed = codesOfFetch(answer).find((code) => code !== 0);
  if (failed !== undefined) throw refused(`group ${group}`, failed);
  return offsetsIn(answer);
}

const codesOfFetch = ({ groups }: offsetFetchV9.OffsetFetchResponse): number[] =>
  groups.flatMap(({ errorCode, topics }) => [
    errorCode,
    ...topics.flatMap(({ partitions }) => partitions.map((each) => each.errorCode)),
  ]);

/** Kafka says -1 for a partition that was never committed. */
export const offsetsIn = ({ groups }: offsetFetchV9.OffsetFetchResponse): Position[] =>
  groups.flatMap(({ topics }) =>
    topics.flatMap(({ name: topic, partitions }) =>
      partitions.flatMap(({ partitionIndex: partition, committedOffset: offset, metadata }) =>
        offset < 0n ? [] : [{ topic, partition, offset, topicId: topicIdIn(metadata) }],
      ),
    ),
  );
