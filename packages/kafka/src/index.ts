export {
  type Admin,
  type ClusterDescription,
  createAdmin,
  type PartitionLag,
  type PartitionOffsets,
  type TopicDescription,
  type TopicOutcome,
} from './admin.ts';
export { backoff, defaultRetry, type RetryPolicy } from './backoff.ts';
export {
  createKafkaClient,
  type KafkaClient,
  type KafkaClientOptions,
  type Library,
  libraries,
} from './client.ts';
export type { FieldReader, FieldsOf, Picked } from './codec/fieldReader.ts';
export { type Codec, createCodec } from './codec.ts';
export type { HeldUp } from './consumer/holdUps.ts';
export { type Consumer, type ConsumerOptions, type ConsumerState, createConsumer } from './consumer.ts';
export { type FoundLetter, readLetter } from './deadLetters/readLetter.ts';
export {
  createDeadLetterQueue,
  type DeadLetterQueueOptions,
  type DeadLetters,
  type Failure,
  type Letter,
  type ParkedKeys,
} from './deadLetters.ts';
export { aborted, delay, within } from './delay.ts';
export { describeError } from './describeError.ts';
export {
  BrokerUnavailableError,
  ConsumerFailedError,
  CorruptBatchError,
  DeadLetterFailedError,
  EveryRecordFailsError,
  FencedError,
  GroupMissingError,
  InvalidEventError,
  LogTruncatedError,
  NotPreparedError,
  OffsetOutOfRangeError,
  ReadRefusedError,
  RegistryUnavailableError,
  SchemaIncompatibleError,
  SchemaUnknownError,
  SendFailedError,
  TopicMissingError,
  TopicRefusedError,
  UndecodableRecordError,
  UnreadableBatchError,
} from './errors.ts';
export type { Gap } from './fetched.ts';
export { createFollower, type Follower, type FollowerOptions, type SteppedOver } from './follower.ts';
export { type GatherOptions, gather, type Outcome } from './gather.ts';
export { createHolding, type Holding, MOST_HELD } from './holding.ts';
export { partitionOf } from './partitionOf.ts';
export { batchBytes } from './producer/batchBytes.ts';
export {
  createProducer,
  type Offer,
  type Placement,
  type Producer,
  type ProducerOptions,
  type ProducerState,
} from './producer.ts';
export type { OutgoingRecord, RawHeader, RawParts, ReceivedRecord } from './record.ts';
export { headerOf, keyIdOf, rawPartsOf, toReceived } from './record.ts';
export { type Sieve, sift } from './sift.ts';
export { type Verdict, verdictOf } from './verdict.ts';
