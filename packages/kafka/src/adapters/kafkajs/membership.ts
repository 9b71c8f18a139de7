import { type Consumer as KafkaConsumer, PartitionAssigners } from 'kafkajs';
import type { Membership, MembershipOptions } from '../../adapter.ts';
import { aborted, within } from '../../delay.ts';
import { metadataOf } from '../../reader/commit.ts';
import type { TopicPartition } from '../../record.ts';
import { createCoPartitionedAssigner } from './coPartitionedAssigner.ts';
import { kafkaOf } from './kafka.ts';

/**
 * Pauses of some twelve seconds, and with what the attempts take more than twenty: longer than the cluster needs to notice that
 * a broker has died and to give its partitions to others, which is 9 s (broker.session.timeout.ms), and three more if that
 * was its active controller. A consumer that ended sooner would come back as a new member and wait for the
 * session of the old one, 15 s, while everything it reads stands still.
 */
const PATIENCE = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: 14 };
const HEARTBEAT_MS = 2_000;
/** How often it looks whether a heartbeat is due, and so how long a stop may have to wait. */
const LOOK_MS = 500;
/** So long may a partition that was added go unnoticed. kafkajs leaves it at five minutes. */
const METADATA_MAX_AGE_MS = 15_000;
const LEAVE_MS = 3_000;

/**
 * A member of a group of the classic protocol: with each change, all members give up all partitions, and join anew.
 *
 * kafkajs fetches nothing here: all its partitions are paused, so that it only gives its signs of life. Its own fetching asks a broker again
 * only when all of the last answer is done, knows no codec but gzip, and jumps where an offset is out of range.
 *
 * A broker's restart can end a kafkajs consumer for good (KafkaJSNumberOfRetriesExceeded, or a coordinator or lock
 * that it calls not retriable), and its own restart covers only some of these and is not visible from outside. So it is turned off.
 */
export function createMembership(options: MembershipOptions): Membership {
  const { client, group, topics, sessionTimeoutMs, onAssigned, onRevoked } = options;
  let owned: TopicPartition[] = [];
  /** What is done about assignments, one after the other. */
  let changing: Promise<void> = Promise.resolve();
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);

  function change(to: TopicPartition[] | undefined): Promise<void> {
    changing = changing
      .then(async () => {
        const surplus = owned;
        owned = [];
        if (surplus.length > 0) await onRevoked(surplus);
        if (!to) return;
        owned = to;
        await onAssigned(to);
      })
      .catch(ended.reject);
    return changing;
  }

  const consumer: KafkaConsumer = kafkaOf(client).consumer({
    groupId: group,
    // The other one where a member of plain kafkajs, which knows no other, is in the group: a system moves one instance after the other.
    partitionAssigners: [createCoPartitionedAssigner(() => change(undefined)), PartitionAssigners.roundRobin],
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
    maxWaitTimeInMs: LOOK_MS,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    retry: { ...PATIENCE, restartOnFailure: async () => false },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause(topics.map((topic) => ({ topic })));
    // Where it finds new partitions, kafkajs joins once for each broker, at the same time.
    change(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    );
  });

  return {
    async run(signal) {
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [...topics] });
        await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
        await Promise.race([ended.promise, aborted(signal)]);
      } finally {
        await change(undefined);
        await within(LEAVE_MS, consumer.disconnect());
      }
    },
    // It ends by itself then.
    silentSince: undefined,
    async commit(offsets) {
      await consumer.commitOffsets(
        offsets.map(({ topic, partition, offset, topicId }) => ({
          ...{ topic, partition, offset: String(offset), metadata: metadataOf(topicId) },
        })),
      );
    },
  };
}
