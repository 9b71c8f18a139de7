import { createAPI, fetchV13, type Reader, readKnownTaggedFields } from '../wire/protocol.ts';
import type { AbortedTransaction } from './abortedTransactions.ts';

/** What is asked of a broker: positions of partitions that it leads, with the topics by id. */
export type FetchTopic = fetchV13.FetchRequestTopic;

/** What a broker answers for a partition. */
export interface FetchedPartition {
  partition: number;
  /** Kafka's error code; 0 is none. */
  errorCode: number;
  /** The offset behind the last record that all replicas in sync have. */
  highWatermark: bigint;
  /** The offset behind the last record that no open transaction can take back. */
  lastStableOffset: bigint;
  /** Where the log that was read ended, when the leader's is another one. */
  divergedAt: bigint | undefined;
  aborted: AbortedTransaction[];
  /** Record batches, the last one perhaps cut off. */
  bytes: Buffer;
}

export interface FetchAnswer {
  /** How long to ask this broker nothing, in milliseconds, to keep to a quota. It then has left out all partitions. */
  throttleMs: number;
  errorCode: number;
  topics: { topicId: string; partitions: FetchedPartition[] }[];
}

const READ_COMMITTED = 1;
const NO_SESSION = 0;
const NO_EPOCH = -1;

/**
 * Fetch 13 (Kafka 3.1): the first with topic ids, so that a topic that was deleted and made anew is not taken for the old one.
 * The request is the library's. The answer is read here, because the library's reader makes an object of each record.
 * @see https://kafka.apache.org/protocol#The_Messages_Fetch
 */
const api = createAPI<Parameters<typeof fetchV13.createRequest>, FetchAnswer>(
  fetchV13.api.key,
  fetchV13.api.version,
  fetchV13.createRequest,
  (_correlationId, _apiKey, _apiVersion, answer) => readAnswer(answer),
);

export type Connection = Parameters<typeof api>[0];

export interface FetchRequest {
  topics: FetchTopic[];
  /** How long the broker waits for a first byte, in milliseconds. */
  maxWaitMs: number;
  /** Where it stops adding partitions; one batch comes always, however large. */
  maxBytes: number;
}

/** Asks a broker for committed records. */
export const fetch = (connection: Connection, { topics, maxWaitMs, maxBytes }: FetchRequest) =>
  api.async(connection, maxWaitMs, 1, maxBytes, READ_COMMITTED, NO_SESSION, NO_EPOCH, topics, [], '');

function readAnswer(answer: Reader): FetchAnswer {
  const throttleMs = answer.readInt32();
  const errorCode = answer.readInt16();
  answer.readInt32(); // session
  return {
    throttleMs,
    errorCode,
    topics: answer.readArray((topic) => ({
      topicId: topic.readUUID(),
      partitions: topic.readArray(readPartition, true, false),
    })),
  };
}

function readPartition(answer: Reader): FetchedPartition {
  const partition = answer.readInt32();
  const errorCode = answer.readInt16();
  const highWatermark = answer.readInt64();
  const lastStableOffset = answer.readInt64();
  answer.readInt64(); // log start offset
  const aborted = answer.readNullableArray(readAborted) ?? [];
  answer.readInt32(); // preferred replica
  const bytes = readBytes(answer);
  let divergedAt: bigint | undefined;
  readKnownTaggedFields(answer, {
    0: (diverging) => {
      diverging.readInt32(); // its leader epoch
      divergedAt = diverging.readInt64();
    },
  });
  return { partition, errorCode, highWatermark, lastStableOffset, divergedAt, aborted, bytes };
}

const readAborted = (answer: Reader): AbortedTransaction => ({
  producerId: answer.readInt64(),
  firstOffset: answer.readInt64(),
});

/** One copy, out of the many pieces in which it came: so it does not keep those of other partitions in memory. */
function readBytes(answer: Reader): Buffer {
  const length = answer.readUnsignedVarInt() - 1; // 0 stands for null
  if (length <= 0) return Buffer.alloc(0);
  const bytes = answer.buffer.subarray(answer.position, answer.position + length).buffer;
  answer.skip(length);
  return bytes;
}
