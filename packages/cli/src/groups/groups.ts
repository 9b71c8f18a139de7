import { createInspector } from '@brew/kafka/inspect';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import type { Io } from '../io.ts';
import { groupReport } from './groupReport.ts';
import { renderGroup, renderGroups } from './renderGroups.ts';

/**
 * Shows all consumer groups, or one with its members and how far it is.
 * @throws GroupMissingError, BrokerUnavailableError, ReadRefusedError
 */
export async function groups(
  name: string | undefined,
  { json }: { json?: boolean },
  cluster: ClusterAddress,
  io: Io,
): Promise<void> {
  const client = clientOf(cluster, 'brew-groups');
  await using inspector = createInspector({ client });
  const found = name === undefined ? await inspector.groups() : await inspector.group(name);
  const now = new Date();
  const report = Array.isArray(found) ? found.map((each) => groupReport(each, now)) : groupReport(found, now);
  const lines = json
    ? [JSON.stringify(report, null, 2)]
    : Array.isArray(report)
      ? renderGroups(report, io.columns(), io.paint)
      : renderGroup(report, io.columns(), io.paint);
  for (const line of lines) await io.out(line);
}
