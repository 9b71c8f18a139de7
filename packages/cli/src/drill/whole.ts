import { delay } from '@brew/kafka';
import type { Quorum } from '@brew/kafka/quorum';
import { DrillRefusedError } from '../errors.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { Sight } from './observe/cluster.ts';

/** What has just been started may take so long to be whole. */
const PATIENCE_MS = 10_000;
/** Replicas of the metadata log ask for records twice a second. */
const SILENT_MS = 3_000;

/**
 * Waits until every node is there: a drill on top of a failure would lose more than it says.
 * @returns the quorum
 * @throws DrillRefusedError naming what is missing
 */
export async function wholeCluster(
  cluster: Sight,
  { all }: Pick<Nodes, 'all'>,
  signal: AbortSignal,
): Promise<Quorum> {
  const deadline = performance.now() + PATIENCE_MS;
  while (true) {
    const missing = missingIn(cluster, all);
    if (cluster.quorum && missing.length === 0) return cluster.quorum;
    if (performance.now() > deadline) {
      throw new DrillRefusedError(
        `${cluster.quorum ? `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not in sync` : 'No controller is active'}. A drill begins on a cluster that is whole: see npx brew quorum-status, and npx brew topics.`,
      );
    }
    signal.throwIfAborted();
    await delay(100, signal);
  }
}

/** Names of nodes that are not heard of, or whose replicas are not in sync. */
function missingIn({ quorum, partitions }: Sight, all: Nodes['all']): string[] {
  const replicas = [...(quorum?.voters ?? []), ...(quorum?.observers ?? [])];
  const now = replicas.find(({ id }) => id === quorum?.leader)?.lastFetchAt?.getTime() ?? 0;
  return all
    .filter(({ id }) => {
      const heardAt = replicas.find((replica) => replica.id === id)?.lastFetchAt?.getTime();
      const behind = partitions.some((each) => each.replicas.includes(id) && !each.inSync.includes(id));
      return behind || heardAt === undefined || now - heardAt > SILENT_MS;
    })
    .map(({ name }) => name);
}
