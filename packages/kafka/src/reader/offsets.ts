import { backoff } from '../backoff.ts';
import { delay, inTime } from '../delay.ts';
import { BrokerUnavailableError, ReadRefusedError } from '../errors.ts';
import { listOffsetsV7, metadataV12 } from '../wire/protocol.ts';
import { answerOf, isPassing, refused } from '../wire/protocolErrors.ts';
import type { Cluster } from './cluster.ts';

/**
 * `earliest`: the first that is still there. `latest`: behind the last record that can be read, `written`: behind the last one at all, from
 * which it differs while a transaction is open. A time: of the first record
 * that is not older; `latest` when all are.
 */
export type OffsetAt = 'earliest' | 'latest' | 'written' | Date;

export interface PartitionOffset {
  topic: string;
  partition: number;
  offset: bigint;
}

interface ListedOffset extends PartitionOffset {
  /** Of the topic that it is an offset of: one that was made anew under the same name has others. */
  topicId: string;
}

type TopicPartition = Omit<PartitionOffset, 'offset'>;

const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const CONSUMER = -1;
const ANY_EPOCH = -1;
const LATEST = -1n;
const EARLIEST = -2n;
const NONE = -1n;

const RETRY = { initialMs: 100, maxMs: 2_000 };
const ATTEMPTS = 8;
/** Until a frozen leader has been given up and another one has its partitions: brokers take that some 10 s. */
const PATIENCE_MS = 15_000;
/** By then it is looked who leads by now. */
const ATTEMPT_MS = 5_000;

type Asked = { topics: readonly string[]; only?: readonly TopicPartition[] };

/**
 * Finds an offset of each partition of these topics, or of these partitions alone, by asking their leaders.
 * @throws BrokerUnavailableError when some partition has no leader for some seconds; TopicMissingError, ReadRefusedError
 */
export async function listOffsets(cluster: Cluster, asked: Asked, at: OffsetAt): Promise<ListedOffset[]> {
  const { found, missing, failure } = await findOffsets(cluster, asked, at, PATIENCE_MS);
  if (missing?.length === 0) return inOrder(at instanceof Date ? await withLatest(cluster, found) : found);
  throw new BrokerUnavailableError(
    `list the offsets of ${missing ? inWords(missing) : asked.topics.join(', ')}`,
    failure ?? new Error('no leader'),
  );
}

/**
 * The same, as far as leaders tell in time.
 * @returns what was found, and what not: undefined when nobody has told which partitions there are; and who did not answer, by id
 * @throws TopicMissingError, ReadRefusedError
 */
export async function findOffsets(
  cluster: Cluster,
  { topics, only }: Asked,
  at: OffsetAt,
  patienceMs: number,
): Promise<{
  found: ListedOffset[];
  missing: TopicPartition[] | undefined;
  silent: readonly number[];
  failure: unknown;
}> {
  let found: ListedOffset[] = [];
  let missing = only && [...only];
  let silent: number[] = [];
  let failure: unknown;
  const until = performance.now() + patienceMs;
  const leftMs = () => until - performance.now();
  for (let failures = 0; failures < ATTEMPTS && leftMs() > 0; failures++) {
    if (failures > 0) await delay(backoff(failures, RETRY, Math.random()));
    try {
      await cluster.refresh(topics);
      const outdated = found.filter(({ topic, topicId }) => topicId !== cluster.topicId(topic));
      found = found.filter((each) => !outdated.includes(each));
      missing?.push(...outdated);
      missing ??= topics.flatMap((topic) => partitionsOf(cluster, topic));
      const leaders = byLeader(cluster, missing);
      const answers = await Promise.allSettled(
        leaders.map(([node, asked]) => inTime(Math.min(ATTEMPT_MS, leftMs()), ask(cluster, node, asked, at))),
      );
      silent = leaders.map(([node]) => node).filter((_, index) => answers[index]?.status === 'rejected');
      for (const answer of answers) {
        if (answer.status === 'fulfilled') found.push(...answer.value);
        else if (answer.reason instanceof ReadRefusedError) throw answer.reason;
        else failure = answer.reason;
      }
      missing = missing.filter((asked) => !found.some((offset) => isSame(offset, asked)));
      if (missing.length === 0) break;
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      failure = error;
    }
  }
  return { found, missing, silent, failure };
}

/** A lost quorum takes all partitions away: they need not all be named. */
function inWords(partitions: readonly TopicPartition[]): string {
  const [first] = partitions.map(({ topic, partition }) => `${topic}/${partition}`);
  const more = partitions.length - 1;
  return more === 0 ? `${first}` : `${first} and ${more} more partition${more === 1 ? '' : 's'}`;
}

/** Puts `latest` where all records are older than the time that was asked for. */
async function withLatest(cluster: Cluster, found: ListedOffset[]): Promise<ListedOffset[]> {
  const older = found.filter(({ offset }) => offset === NONE);
  if (older.length === 0) return found;
  const topics = [...new Set(older.map(({ topic }) => topic))];
  const latest = await listOffsets(cluster, { topics, only: older }, 'latest');
  return [...found.filter(({ offset }) => offset !== NONE), ...latest];
}

/**
 * The offsets that one broker knows. Left out are those for which it is not, or no longer, the leader, and those of another topic of that name than
 * was asked for: the request has no ids, so the broker is asked for these as well.
 */
async function ask(
  cluster: Cluster,
  node: number,
  asked: readonly TopicPartition[],
  at: OffsetAt,
): Promise<ListedOffset[]> {
  const topics = [...Map.groupBy(asked, ({ topic }) => topic)].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: ANY_EPOCH,
      timestamp: timestampOf(at),
    })),
  }));
  const connection = await cluster.connectionTo(node);
  const isolation = at === 'written' ? READ_UNCOMMITTED : READ_COMMITTED;
  const ids = new Map(topics.map(({ name }) => [name, cluster.topicId(name)]));
  const [answer, told] = await Promise.all([
    answerOf(listOffsetsV7.api.async(connection, CONSUMER, isolation, topics)),
    answerOf(metadataV12.api.async(connection, [...ids.keys()], false)),
  ]);
  const there = new Map(told.topics.map(({ name, topicId }) => [name, topicId]));
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partitionIndex, errorCode, offset }) => {
      const topicId = there.get(name);
      if (topicId === undefined || topicId !== ids.get(name)) return [];
      if (errorCode === 0) return [{ topic: name, partition: partitionIndex, offset, topicId }];
      if (isPassing(errorCode)) return [];
      throw refused(`${name}/${partitionIndex}`, errorCode);
    }),
  );
}

const inOrder = (offsets: ListedOffset[]) =>
  offsets.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);

function byLeader(cluster: Cluster, partitions: readonly TopicPartition[]): [number, TopicPartition[]][] {
  const groups = Map.groupBy(
    partitions,
    ({ topic, partition }) => cluster.leaderOf(topic, partition)?.node ?? NOBODY,
  );
  groups.delete(NOBODY);
  return [...groups];
}

const NOBODY = -1;

const partitionsOf = (cluster: Cluster, topic: string): TopicPartition[] =>
  cluster.partitionsOf(topic).map((partition) => ({ topic, partition }));

const isSame = (a: TopicPartition, b: TopicPartition) => a.topic === b.topic && a.partition === b.partition;

const timestampOf = (at: OffsetAt): bigint => {
  if (at instanceof Date) return BigInt(at.getTime());
  return at === 'earliest' ? EARLIEST : LATEST;
};
