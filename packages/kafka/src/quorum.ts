import type { KafkaClient } from './client.ts';
import { delay, within } from './delay.ts';
import { BrokerUnavailableError } from './errors.ts';
import { type Brokers, createBrokers } from './wire/brokers.ts';
import { type Connection, describeQuorumV2 } from './wire/protocol.ts';
import { answerOf, isPassing, nameOf, refused } from './wire/protocolErrors.ts';

/** The cluster as any broker tells of it. */
export interface ClusterMembers {
  clusterId: string;
  brokers: { id: number; host: string; port: number; rack: string | undefined }[];
  /**
   * What the Metadata response calls the controller. In KRaft it is some broker, another one each time, which passes requests on
   * to the active controller; for some seconds even one that is dead.
   */
  controllerProxy: number | undefined;
}

/** How far a replica of the metadata log is, as the active controller sees it. */
export interface QuorumReplica {
  id: number;
  /** The offset behind its last record; undefined until the active controller has heard of it. */
  logEndOffset: bigint | undefined;
  /** When it last asked for records, by the clock of the active controller. */
  lastFetchAt: Date | undefined;
  /** When it last had all there was. */
  lastCaughtUpAt: Date | undefined;
}

/** The metadata quorum, as its active controller tells of it. */
export interface Quorum {
  /** The active controller: the leader of __cluster_metadata in the Raft sense. */
  leader: number;
  /** Its term: grows with each election. */
  epoch: number;
  /** The offset behind the last record that a majority of voters has. */
  highWatermark: bigint;
  voters: QuorumReplica[];
  /** Who reads the metadata log and has no vote: brokers, where controllers are apart. */
  observers: QuorumReplica[];
  /** Where voters are reached by each other. */
  endpoints: { id: number; host: string; port: number }[];
}

export interface QuorumAdmin extends AsyncDisposable {
  /** @throws BrokerUnavailableError */
  describeCluster(): Promise<ClusterMembers>;
  /**
   * Asks the active controller, by way of any broker (KIP-595; version 2 of the request, KIP-853, so Kafka 3.9 or newer). Nobody
   * else answers, so that the leader of yesterday is not taken for that of today.
   * @param timeoutMs how long to wait when no controller is active: an election takes one to four seconds. Counts from when there
   *   is a connection to ask on: that one is slow to get says nothing about controllers
   * @param signal ends the waiting
   * @returns undefined when nobody answers as the active controller by then
   * @throws ReadRefusedError: as a rule for want of an ACL
   */
  describeQuorum(options: { timeoutMs: number; signal?: AbortSignal }): Promise<Quorum | undefined>;
  close(): Promise<void>;
}

const METADATA_LOG = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
const RETRY_MS = 100;
const DOING = 'describe the quorum';
/** Whoever can't be connected to by then is taken for silent. */
const CONNECT_MS = 10_000;

/** Asks about the quorum of a KRaft cluster. Connects with the first call. */
export function createQuorumAdmin({ client }: { client: KafkaClient }): QuorumAdmin {
  const members = createBrokers(client);
  // Apart, since a broker holds the question back while it looks for the active controller, and all that comes behind it.
  let forwarders = createBrokers(client);

  /** Asks again while there is no answer. */
  async function persist(brokers: Brokers, signal: AbortSignal): Promise<Quorum | undefined> {
    while (!signal.aborted) {
      try {
        return await brokers.ask(DOING, askQuorum);
      } catch (error) {
        if (!(error instanceof BrokerUnavailableError)) throw error;
      }
      await delay(RETRY_MS, signal);
    }
    return undefined;
  }

  return {
    async describeCluster() {
      const { clusterId, controllerId, brokers } = await members.metadata('describe the cluster', []);
      return {
        clusterId: clusterId ?? '',
        brokers: brokers.map(({ nodeId, host, port, rack }) => ({
          id: nodeId,
          host,
          port,
          rack: rack ?? undefined,
        })),
        controllerProxy: controllerId < 0 ? undefined : controllerId,
      };
    },

    async describeQuorum({ timeoutMs, signal }) {
      const asked = forwarders;
      const enough = new AbortController();
      const connecting = asked.ask(DOING, async () => undefined).catch(() => undefined);
      await within(CONNECT_MS, connecting, signal);
      const asking = persist(asked, enough.signal);
      if (await within(timeoutMs, asking, signal)) return asking;
      enough.abort();
      asking.catch(() => undefined); // it ends with the connections that it waits at
      forwarders = createBrokers(client);
      await asked.close();
      return undefined;
    },

    async close() {
      await Promise.all([members.close(), forwarders.close()]);
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

async function askQuorum(connection: Connection): Promise<Quorum> {
  const { errorCode, topics, nodes } = await answerOf(describeQuorumV2.api.async(connection, METADATA_LOG));
  const partition = topics[0]?.partitions[0];
  const failure = errorCode || (partition?.errorCode ?? 0);
  if (partition === undefined || failure !== 0) {
    if (!isPassing(failure)) throw refused('the metadata quorum', failure);
    throw new Error(nameOf(failure));
  }
  const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition;
  return {
    leader: leaderId,
    epoch: leaderEpoch,
    highWatermark,
    voters: currentVoters.map(replicaOf),
    observers: observers.map(replicaOf),
    endpoints: nodes.flatMap(({ nodeId, listeners }) =>
      listeners.slice(0, 1).map(({ host, port }) => ({ id: nodeId, host, port })),
    ),
  };
}

/** Kafka says -1 for what it doesn't know: after an election, everything until the replica has asked for records. */
function replicaOf(replica: describeQuorumV2.DescribeQuorumResponseVoter): QuorumReplica {
  const { replicaId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp } = replica;
  const timeOf = (ms: bigint) => (ms < 0n ? undefined : new Date(Number(ms)));
  return {
    id: replicaId,
    logEndOffset: logEndOffset < 0n ? undefined : logEndOffset,
    lastFetchAt: timeOf(lastFetchTimestamp),
    lastCaughtUpAt: timeOf(lastCaughtUpTimestamp),
  };
}
