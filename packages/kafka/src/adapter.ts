import type { Logger } from 'pino';
import type { KafkaClient } from './client.ts';
import type { OutgoingRecord, Placement, Position, TopicPartition } from './record.ts';

/**
 * What Brew asks of a library: whatever brokers and a client have to agree on over many requests. Everything else stands once, above (batch
 * walk, codec, dead letters, order of sends) or beside it (fetching, offsets, topics: single requests, see wire/).
 */
export interface Adapter {
  /** An idempotent producer with acks=all (KIP-98). Connects to nothing yet. */
  createSender(client: KafkaClient): Sender;
  /** The way out of one input partition of a pipeline. */
  openLane(options: LaneOptions): Promise<Lane>;
  /** A member of a consumer group. Connects to nothing yet. */
  createMembership(options: MembershipOptions): Membership;
}

/** What sends batches. Good until it says that it isn't `usable`. */
export interface Sender {
  /** Idempotent. @throws what the network says */
  connect(): Promise<void>;
  /**
   * Records in their order, for any partitions. Never rejects. As many calls may be under way as `window` says; once something of a partition
   * was not acknowledged, nothing behind it is, of whichever call, until resume().
   */
  send(records: readonly OutgoingRecord[]): Promise<Sent>;
  readonly window: number;
  /** What was not acknowledged, and what is behind it, may come again. To be called when no send is under way, and all that came of them is known. */
  resume(): void;
  /** False once it is to be thrown away: whether a broker has appended what it sent is open. */
  readonly usable: boolean;
  disconnect(): Promise<void>;
  /** Whatever is under way ends, and nothing of it reaches a broker from here on. */
  cut(reason: Error): void;
}

/** What became of a batch. */
export interface Sent {
  /** Where the records are that were acknowledged. */
  placements: Placement[];
  /** Those that were not. When some are refused, the others have to be sent apart from them. */
  unsent: Unsent[];
  /** Why nothing is known but that they were not: an outage. */
  outage?: unknown;
}

/** Records that were not acknowledged: of one partition, or of one topic. */
export interface Unsent {
  records: readonly OutgoingRecord[];
  /** What Kafka said of their partition: its name of the error; undefined when it did not come to that. */
  refusal: string | undefined;
}

export interface LaneOptions {
  client: KafkaClient;
  group: string;
  topic: string;
  partition: number;
  /** See Position. */
  topicId?: string | undefined;
  /** After this the coordinator aborts a transaction by itself, in milliseconds; by default 15 s. */
  timeoutMs?: number;
}

/**
 * A transactional producer of one input partition. Opening it fences every earlier one of it, and what that had begun is then either
 * committed or aborted, and not under way any more (KIP-98, InitProducerId). Good until its first failure.
 */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  /**
   * Writes records and, in the same transaction, where the partition goes on. When it throws, nobody knows whether that took
   * effect: a lane that is opened anew settles it, and the group's offset tells.
   * @throws FencedError when a later lane of the same partition was opened, by whomever; and what the library throws
   */
  commit(records: readonly OutgoingRecord[], nextOffset: bigint): Promise<void>;
  close(): Promise<void>;
}

export interface MembershipOptions {
  client: KafkaClient;
  group: string;
  topics: readonly string[];
  /** See ConsumerOptions. */
  instanceId?: string | undefined;
  /** After how long without a sign of life this member's partitions go to others, in milliseconds. With the protocol of KIP-848 the brokers decide. */
  sessionTimeoutMs: number;
  /**
   * These are ours from now on, beside those that were before. The member counts as joined when it returns. One that is assigned by the id of its
   * topic is ours as long as that is there: of one that is made anew, it is another's, or assigned again.
   * @throws to end the membership
   */
  onAssigned(partitions: readonly (TopicPartition & { topicId?: string })[]): Promise<void>;
  /** These are to be given up: others get them when it returns. What is done is committed until then. It takes some seconds at most. */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** These are others' already: the group has given us up. What is in hand is not ours to commit any more. */
  onLost(partitions: readonly TopicPartition[]): void;
  log: Logger;
}

export interface Membership {
  /**
   * Joins, and stays a member until `signal` is aborted: then it leaves the group and returns. Gives signs of life by itself.
   * Revokes whatever it has at its end.
   * @throws what ended it otherwise; it may be given up and made anew
   */
  run(signal: AbortSignal): Promise<void>;
  /** Since when, on the clock of performance.now(), the group's coordinator has not answered, however often it was asked; undefined: it has. */
  readonly silentSince: number | undefined;
  /** Commits where partitions go on that are ours. @throws when they may not be committed */
  commit(offsets: readonly Position[]): Promise<void>;
}

/** The adapter that a client has chosen. Loaded when it is needed: a library takes a second of CPU. */
export async function adapterOf(client: KafkaClient): Promise<Adapter> {
  return client.library === 'kafkajs'
    ? (await import('./adapters/kafkajs.ts')).kafkajs
    : (await import('./adapters/platformatic.ts')).platformatic;
}
