import type { Logger } from 'pino';
import type { KafkaClient } from './client.ts';
import { createCluster } from './reader/cluster.ts';
import { createFetcher } from './reader/fetcher.ts';
import { listOffsets, type OffsetAt, type PartitionOffset } from './reader/offsets.ts';
import type { ReadRange } from './reader/readings.ts';
import type { Records } from './reader/records.ts';

export { createLookup, type Lookup } from './reader/lookup.ts';
export type { OffsetAt, PartitionOffset, ReadRange, Records };

/** Reads partitions from where it is told to, as nobody's member: what it has read is for its user to know. */
export interface Reader extends AsyncDisposable {
  /**
   * An offset of each partition of these topics.
   * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  offsets(topics: readonly string[], at: OffsetAt): Promise<PartitionOffset[]>;
  /**
   * The committed records of these ranges, in chunks of one partition; each is to be taken before the next one is asked for.
   * Chunks come the oldest first, over all topics; the order within a partition is Kafka's. Ends when all ranges are read;
   * one without an end is never. Brokers that are down are waited for.
   * @throws the signal's reason, OffsetOutOfRangeError, LogTruncatedError, CorruptBatchError, ReadRefusedError,
   *   TopicMissingError
   */
  read(ranges: readonly ReadRange[], options?: { signal?: AbortSignal }): AsyncGenerator<Records, void, void>;
  close(): Promise<void>;
}

/**
 * A fast reader for projections: it hands on bytes and where things are in them, and makes nothing of them that nobody asks for.
 * Connects with the first call.
 */
export function createReader({ client, log }: { client: KafkaClient; log: Logger }): Reader {
  const cluster = createCluster(client);
  return {
    offsets: (topics, at) => listOffsets(cluster, { topics }, at),
    async *read(ranges, { signal } = {}) {
      const fetcher = createFetcher(cluster, ranges, { signal, log });
      try {
        for (let records = await fetcher.next(); records; records = await fetcher.next()) yield records;
      } finally {
        fetcher.stop();
      }
    },
    close: () => cluster.close(),
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}
