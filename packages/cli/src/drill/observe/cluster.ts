import { BrewError } from '@brew/events';
import { delay, type KafkaClient } from '@brew/kafka';
import { createInspector, type TopicPartitions } from '@brew/kafka/inspect';
import { createQuorumAdmin, type Quorum } from '@brew/kafka/quorum';

/** A cluster as it was seen last. */
export interface Sight {
  /** Undefined while nobody answers as the active controller. */
  readonly quorum: Quorum | undefined;
  /** Every partition of the topics that are watched. */
  readonly partitions: readonly Partition[];
}

type Partition = TopicPartitions['partitions'][number];

export interface ClusterWatch extends Sight, AsyncDisposable {
  /** What the active controller told last, whether it still answers or not. */
  readonly lastQuorum: Quorum | undefined;
}

/** As often as it can be without being a load itself: it is what a drill's times are exact to. */
const EVERY_MS = 200;
/** How long the active controller may take to answer before there is none. */
const ANSWER_MS = 1_000;

/** Looks at the quorum and at partitions, again and again. Resolves when both were seen. @throws BrokerUnavailableError, … */
export async function watchCluster(client: KafkaClient, topics: readonly string[]): Promise<ClusterWatch> {
  const admin = createQuorumAdmin({ client });
  const inspector = createInspector({ client });
  const stop = new AbortController();
  let quorum: Quorum | undefined;
  let lastQuorum: Quorum | undefined;
  let partitions: Partition[] = [];

  const lookAtQuorum = async () => {
    quorum = await admin.describeQuorum({ timeoutMs: ANSWER_MS });
    lastQuorum = quorum ?? lastQuorum;
  };
  const lookAtTopics = async () => {
    partitions = (await inspector.topics(topics)).flatMap((topic) => topic.partitions);
  };
  const again = async (look: () => Promise<void>, unknown: () => void) => {
    while (!stop.signal.aborted) {
      await delay(EVERY_MS, stop.signal);
      await look().catch((error) => {
        if (!stop.signal.aborted && !(error instanceof BrewError && error.retryable)) throw error;
        unknown();
      });
    }
  };
  const close = () => Promise.all([admin.close(), inspector.close()]);
  try {
    await Promise.all([lookAtQuorum(), lookAtTopics()]);
  } catch (error) {
    await close();
    throw error;
  }
  const work = [
    again(lookAtQuorum, () => {
      quorum = undefined;
    }),
    // While no broker tells, the partitions are what they were.
    again(lookAtTopics, () => {}),
  ];
  for (const each of work) each.catch(() => {}); // seen as nothing changing any more
  return {
    get quorum() {
      return quorum;
    },
    get lastQuorum() {
      return lastQuorum;
    },
    get partitions() {
      return partitions;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await close();
      await Promise.allSettled(work);
    },
  };
}
