import type { Logger } from 'pino';
import type { KafkaClient } from './client.ts';
import type { OpenTransactionError } from './errors.ts';
import { createCluster } from './reader/cluster.ts';
import { commitOffsets } from './reader/commit.ts';
import { createFetcher, type Fetcher } from './reader/fetcher.ts';
import { listOffsets, type OffsetAt, type PartitionOffset } from './reader/offsets.ts';
import { nameOfReading, type ReadOptions, type ReadRange } from './reader/readings.ts';
import { createRecords, type Records } from './reader/records.ts';

export { createLookup, type Lookup } from './reader/lookup.ts';
export type { OffsetAt, PartitionOffset, ReadOptions, ReadRange, Records };

/** Reads partitions from where it is told to, as nobody's member: what it has read is for its user to know. */
export interface Reader extends AsyncDisposable {
  /**
   * An offset of each partition of these topics.
   * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  offsets(topics: readonly string[], at: OffsetAt): Promise<PartitionOffset[]>;
  /**
   * The ids of topics, by name. Whoever keeps offsets keeps them, too: a topic that was deleted and made anew is another one, and has others.
   * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * The committed records of these ranges, in chunks of one partition; each is to be taken before the next one is asked for.
   * Chunks come the oldest first, over all topics; the order within a partition is Kafka's. Ends when all ranges are read;
   * one without an end is never. Brokers that are down are waited for, and so are those that hold us to a quota.
   * @throws the signal's reason, OffsetOutOfRangeError, LogTruncatedError, CorruptBatchError, ReadRefusedError,
   *   TopicMissingError; next() of the records: UnreadableBatchError, unless `onUnreadable` takes it
   */
  read(ranges: readonly ReadRange[], options?: ReadOptions): AsyncGenerator<Records, void, void>;
  /** Partitions that it reads but can't reach at the moment, such as `brew.orders.v1/3`; it goes on when it can. */
  readonly unreachable: readonly string[];
  /**
   * Since when, on the clock of performance.now(), no broker has answered anything of what is being read, however often that was tried;
   * undefined: one has, or there is nothing to ask for.
   */
  readonly silentSince: number | undefined;
  /** Why it gets on nowhere in a partition, although there is something: an open transaction has kept it back for ten seconds. */
  readonly heldBack: OpenTransactionError | undefined;
  /**
   * Tells the cluster how far a group is, for whoever looks at its lag; the reader itself never asks. The group must not
   * have members.
   * @throws BrokerUnavailableError, ReadRefusedError
   */
  commit(group: string, offsets: readonly PartitionOffset[]): Promise<void>;
  close(): Promise<void>;
}

interface ReaderOptions {
  client: KafkaClient;
  log: Logger;
  /** Of every reading that is given none of its own. */
  signal?: AbortSignal | undefined;
}

/**
 * A fast reader for projections: it hands on bytes and where things are in them, and makes nothing of them that nobody asks for.
 * Connects with the first call.
 */
export function createReader({ client, log, signal }: ReaderOptions): Reader {
  const cluster = createCluster(client);
  const fetchers = new Set<Fetcher>();
  return {
    offsets: (topics, at) => listOffsets(cluster, { topics }, at),
    async topicIds(topics) {
      await cluster.refresh(topics);
      return new Map(topics.map((topic) => [topic, cluster.topicId(topic) ?? '']));
    },
    async *read(ranges, options = {}) {
      const { only = false, onUnreadable, ...others } = options;
      const mayGrow = !only && ranges.some(({ until }) => until === undefined);
      const fetcher = createFetcher(cluster, { signal, ...others, mayGrow, log });
      fetchers.add(fetcher);
      const ends = new Map(ranges.map((range) => [nameOfReading(range), range.until]));
      for (const range of ranges) fetcher.add(range);
      try {
        for (let fetched = await fetcher.next(); fetched; fetched = await fetcher.next())
          yield createRecords({ ...fetched, until: ends.get(nameOfReading(fetched)), onUnreadable });
      } finally {
        fetcher.stop();
        fetchers.delete(fetcher);
      }
    },
    get unreachable() {
      return [...fetchers].flatMap((fetcher) => fetcher.unreachable());
    },
    get silentSince() {
      const each = [...fetchers].map((fetcher) => fetcher.silentSince());
      return each.includes(undefined) || each.length === 0 ? undefined : Math.max(...(each as number[]));
    },
    get heldBack() {
      return [...fetchers].flatMap((fetcher) => fetcher.heldBack()?.error ?? [])[0];
    },
    commit: (group, offsets) => commitOffsets(cluster.brokers, group, offsets),
    close: () => cluster.close(),
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}
