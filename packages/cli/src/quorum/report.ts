import type { ClusterMembers, Quorum, QuorumReplica } from '@brew/kafka/quorum';

/** Who is in a cluster and who leads its metadata quorum: what `brew quorum-status --json` prints. */
export interface QuorumReport {
  /** When it was asked, ISO 8601. */
  time: string;
  clusterId: string;
  /** What the Metadata response calls the controller: in KRaft any broker. */
  metadataControllerProxy: number | null;
  /** The active controller, as it said itself; null while nobody does. */
  raftLeader: number | null;
  /** The leader's term, and the offset up to which a majority has its log; null while there is no leader. */
  leaderEpoch: number | null;
  highWatermark: number | null;
  /** Null while there is no leader: nobody else knows for sure. */
  currentVoters: number[] | null;
  /** Brokers that are up, voters, and whoever else reads the metadata log; by id. */
  nodes: ReportedNode[];
}

export interface ReportedNode {
  id: number;
  host: string | null;
  port: number | null;
  rack: string | null;
  broker: boolean;
  voter: boolean;
  activeController: boolean;
  /** How many records of the metadata log it lacks; null for who does not read it, or was not heard of since the election. */
  lag: number | null;
  /** How long ago it last asked for records, in milliseconds, by the active controller's clock; null as above. */
  silentMs: number | null;
  /** How long ago it last had all of them. */
  behindMs: number | null;
}

/**
 * @param quorum undefined while nobody answers as the active controller
 * @param newestEpoch of the answers before. One of an older term is of a leader that was cut off and has not noticed yet: it
 *   counts for none
 */
export function reportOf(
  { clusterId, brokers, controllerProxy }: ClusterMembers,
  quorum: Quorum | undefined,
  { time = new Date(), newestEpoch = 0 }: { time?: Date; newestEpoch?: number } = {},
): QuorumReport {
  const now = quorum && quorum.epoch >= newestEpoch ? quorum : undefined;
  const replicas = [...(now?.voters ?? []), ...(now?.observers ?? [])];
  const ids = new Set([...brokers, ...replicas].map(({ id }) => id));
  const leader = now?.voters.find(({ id }) => id === now.leader);
  return {
    time: time.toISOString(),
    clusterId,
    metadataControllerProxy: controllerProxy ?? null,
    raftLeader: now?.leader ?? null,
    leaderEpoch: now?.epoch ?? null,
    highWatermark: now ? Number(now.highWatermark) : null,
    currentVoters: now ? now.voters.map(({ id }) => id).sort((a, b) => a - b) : null,
    nodes: [...ids]
      .sort((a, b) => a - b)
      .map((id) => {
        const broker = brokers.find((each) => each.id === id);
        const endpoint = broker ?? now?.endpoints.find((each) => each.id === id);
        return {
          id,
          host: endpoint?.host ?? null,
          port: endpoint?.port ?? null,
          rack: broker?.rack ?? null,
          broker: broker !== undefined,
          voter: now?.voters.some((each) => each.id === id) ?? false,
          activeController: now?.leader === id,
          ...progressOf(
            replicas.find((each) => each.id === id),
            leader,
          ),
        };
      }),
  };
}

function progressOf(replica: QuorumReplica | undefined, leader: QuorumReplica | undefined) {
  /** The leader has always just asked itself: that is its clock. */
  const ago = (at: Date | undefined) =>
    at && leader?.lastFetchAt ? Math.max(0, leader.lastFetchAt.getTime() - at.getTime()) : null;
  const [end, has] = [leader?.logEndOffset, replica?.logEndOffset];
  return {
    lag: end === undefined || has === undefined ? null : Math.max(0, Number(end - has)),
    silentMs: ago(replica?.lastFetchAt),
    behindMs: ago(replica?.lastCaughtUpAt),
  };
}
