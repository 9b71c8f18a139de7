import { partitionOf } from '../../../partitionOf.ts';
import type { OutgoingRecord, TopicPartition } from '../../../record.ts';
import type { Brokers } from '../../../wire/brokers.ts';

/** Records of one send for one partition, on their way. */
export interface Batch {
  readonly records: readonly OutgoingRecord[];
  /** Its place among all batches of its partition. */
  readonly turn: number;
  /** Of its first record (KIP-98); it keeps it however often it is sent. */
  readonly sequence: number;
  /** Undefined while it is being packed. */
  bytes: Buffer | undefined;
  /** A broker may have appended it: a request with it had no answer, or one that leaves that open. */
  inDoubt: boolean;
  readonly end: (outcome: BatchOutcome) => void;
}

/** @see Sent */
export type BatchOutcome = { baseOffset: bigint } | { refusal: string | undefined };

/** A partition that is written to. */
export interface Target extends TopicPartition {
  /** The node that leads it; undefined: to be found out. */
  leader: number | undefined;
  /** What the next batch gets. */
  turn: number;
  sequence: number;
  /** In their order. */
  readonly waiting: Batch[];
  readonly underWay: Set<Batch>;
  /** When the leader has acknowledged something, on the clock of performance.now(); long ago: it may know nothing of us. */
  acknowledgedAt: number;
  /** How often the leader was not one, or did not answer, since then. */
  failures: number;
  /** Since when that is so, on the clock of performance.now(). */
  failingSince: number | undefined;
  /** The first batch of those that were given up: none behind it may be sent before who gave them has them all back. */
  left: Batch | undefined;
}

/** Partitions that are written to, and who leads them. */
export interface Targets {
  /** Whether a topic's partitions are known. */
  knows(topic: string): boolean;
  /** Whether what is known of it is so old that it may have more partitions by now. */
  isStale(topic: string): boolean;
  /** By the key; records without one go to a partition that changes with each `turn`. Of known topics only. */
  targetFor(record: OutgoingRecord, turn: number): Target;
  /**
   * Asks a broker, any of them, for these topics.
   * @returns what is wrong with those that have something wrong: Kafka's code of the error
   * @throws BrokerUnavailableError
   */
  refresh(topics: readonly string[]): Promise<Map<string, number>>;
}

/** As long as Kafka's own producer believes it (metadata.max.age.ms). */
const MAX_AGE_MS = 5 * 60_000;

/**
 * @param onAnew a topic to which something was sent was deleted and made anew. Danger zone: what was sent since then by its name is in the new log,
 *   with numbers that count on from those of the old one, or begin as they do. Whatever comes next under the same producer id may be taken for a
 *   repetition of that, and acknowledged: lost.
 */
export function createTargets(brokers: Pick<Brokers, 'metadata'>, onAnew: (topic: string) => void): Targets {
  const topics = new Map<string, KnownTopic>();

  return {
    knows: (topic) => topics.get(topic)?.isThere ?? false,
    isStale: (topic) => performance.now() - (topics.get(topic)?.at ?? 0) > MAX_AGE_MS,
    targetFor({ topic, key }, turn) {
      const targets = topics.get(topic)?.targets ?? [];
      const index = key === null ? turn % targets.length : partitionOf(key, targets.length);
      const target = targets[index] as Target;
      if (key !== null || target.leader !== undefined) return target;
      return targets.find(({ leader }) => leader !== undefined) ?? target;
    },
    async refresh(names) {
      const answer = await brokers.metadata(`ask who leads ${names.join(', ')}`, names);
      const wrong = new Map<string, number>();
      for (const { name, topicId: id, errorCode, partitions } of answer.topics) {
        if (!name) continue;
        const known = topics.get(name);
        if (errorCode !== 0) {
          wrong.set(name, errorCode);
          if (known) known.isThere = false;
          continue;
        }
        const before = known?.id === id ? known.targets : [];
        if (known && known.id !== id && known.targets.some(({ turn }) => turn > 0)) onAnew(name);
        const targets = partitions.map(({ partitionIndex: partition, leaderId }) => {
          const target = before.find((each) => each.partition === partition) ?? createTarget(name, partition);
          target.leader = leaderId < 0 ? undefined : leaderId;
          return target;
        });
        targets.sort((a, b) => a.partition - b.partition);
        topics.set(name, { id, targets, at: performance.now(), isThere: targets.length > 0 });
      }
      return wrong;
    },
  };
}

interface KnownTopic {
  /** Another one once it was deleted and made anew. */
  id: string;
  targets: Target[];
  /** On the clock of performance.now(). */
  at: number;
  isThere: boolean;
}

const createTarget = (topic: string, partition: number): Target => ({
  topic,
  partition,
  leader: undefined,
  turn: 0,
  sequence: 0,
  waiting: [],
  underWay: new Set(),
  acknowledgedAt: Number.NEGATIVE_INFINITY,
  failures: 0,
  failingSince: undefined,
  left: undefined,
});
