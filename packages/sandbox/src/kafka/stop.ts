import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type KafkaNode, writesArchive } from './nodes.ts';

/**
 * Whether a node that is being stopped only waits for a quorum that will not come, and may be killed.
 *
 * The last of the three voters always waits 5 s for others to take over the metadata quorum, and there are none. By
 * then its broker, if it is one, is done: it has handed over its partitions, closed its logs and put a file there that
 * says so, which spares it the recovery at the next start. The metadata log is flushed with every record.
 *
 * @param left names of what still runs
 * @param archive class data that node 1 writes as its very last act; it is let finish that
 */
export async function onlyWaitsForQuorum(
  node: KafkaNode,
  left: readonly string[],
  archive: string,
): Promise<boolean> {
  if (left.length > 1 || !node.votes) return false;
  const needed = [
    ...(node.isBroker ? [join(node.data, '.kafka_cleanshutdown')] : []),
    ...(writesArchive(node) ? [archive] : []),
  ];
  const found = await Promise.all(needed.map((file) => stat(file).catch(() => undefined)));
  return !found.includes(undefined);
}
