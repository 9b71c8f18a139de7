import { REQUEST_TIMEOUT_MS } from '../../../client.ts';
import type { TopicPartition } from '../../../record.ts';
import { type Connection, createAPI, type Reader, Writer } from '../../../wire/protocol.ts';

/** A record batch on its way to the leader of its partition. */
interface PartitionBatch extends TopicPartition {
  bytes: Buffer;
}

/** What a broker answers for a partition. */
interface Produced extends TopicPartition {
  /** Kafka's error code; 0 is none. */
  errorCode: number;
  /** Of the first record. */
  baseOffset: bigint;
}

interface ProduceAnswer {
  partitions: Produced[];
  /** How long to send this broker nothing, in milliseconds, to keep to a quota. */
  throttleMs: number;
}

const KEY = 0;
/** The first with compact forms; those that follow change nothing that is used here. */
const VERSION = 9;
/** All in-sync replicas have it. */
const ALL = -1;

/** The library's request makes objects of each record, and its answer is an error with all of it inside as soon as one partition fails. */
const api = createAPI<[string | null, readonly PartitionBatch[]], ProduceAnswer>(
  KEY,
  VERSION,
  createRequest,
  (_correlationId, _apiKey, _apiVersion, answer) => readAnswer(answer),
);

/**
 * Sends batches, at most one for each partition, to the broker that leads these.
 * @param transactionalId null outside of transactions
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export const produce = (
  connection: Connection,
  transactionalId: string | null,
  batches: readonly PartitionBatch[],
): Promise<ProduceAnswer> => api.async(connection, transactionalId, batches);

function createRequest(transactionalId: string | null, batches: readonly PartitionBatch[]): Writer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)];
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ALL)
    .appendInt32(REQUEST_TIMEOUT_MS)
    .appendArray(topics, (writer, [topic, partitions]) => {
      writer
        .appendString(topic)
        .appendArray([...partitions], (w, { partition, bytes }) =>
          w.appendInt32(partition).appendBytes(bytes),
        );
    })
    .appendTaggedFields();
}

function readAnswer(answer: Reader): ProduceAnswer {
  const partitions: Produced[] = [];
  answer.readArray((topics) => {
    const topic = topics.readString();
    topics.readArray((reader) => {
      const partition = reader.readInt32();
      const errorCode = reader.readInt16();
      partitions.push({ topic, partition, errorCode, baseOffset: reader.readInt64() });
      reader.readInt64(); // log append time
      reader.readInt64(); // log start offset
      reader.readArray((errors) => {
        errors.readInt32(); // the record's place in the batch
        errors.readNullableString();
      });
      reader.readNullableString(); // in words
    });
  });
  return { partitions, throttleMs: answer.readInt32() };
}
