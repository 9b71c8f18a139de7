import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaNode } from './nodes.ts';

/**
 * Whether the one process that is left is a node with nothing more to do. The last of the three always waits 5 s
 * for other voters to take over the metadata quorum, and there are none. By then its broker is done: it has handed
 * over its partitions, closed its logs and put a file there that says so, which spares it the recovery at the
 * next start. The metadata log is flushed with every record. So it may be killed.
 */
export async function onlyWaitsForQuorum(
  nodes: readonly KafkaNode[],
  left: readonly string[],
): Promise<boolean> {
  const last = left.length === 1 ? nodes.find(({ name }) => name === left[0]) : undefined;
  if (last === undefined) return false;
  const closedLogs = await stat(join(last.data, '.kafka_cleanshutdown')).catch(() => undefined);
  return closedLogs !== undefined;
}
