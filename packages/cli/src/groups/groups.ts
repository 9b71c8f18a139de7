import { createInspector } from '@brew/kafka/inspect';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { askSummaries, renderProblems, type Server } from '../dlq/groups.ts';
import type { Io } from '../io.ts';
import { notAllTold, plain } from '../text/format.ts';
import { groupReport, isLeftover } from './groupReport.ts';
import { renderGroup, renderGroups } from './renderGroups.ts';

/**
 * Shows all consumer groups but those that followers have left behind, or one with its members and how far it is.
 * @param server whose services tell of dead letters; undefined: nobody does
 * @returns whether all brokers have told their groups, and all partitions where they end
 * @throws GroupMissingError, BrokerUnavailableError, ReadRefusedError
 */
export async function groups(
  name: string | undefined,
  { json }: { json?: boolean },
  cluster: ClusterAddress,
  server: Server | undefined,
  io: Io,
): Promise<boolean> {
  const client = clientOf(cluster, 'brew-groups');
  await using inspector = createInspector({ client });
  const [found, answers] = await Promise.all([
    name === undefined ? inspector.groups() : inspector.group(name),
    server ? askSummaries(server) : [],
  ]);
  const letters = answers.flatMap(({ answer }) => answer ?? []);
  const now = new Date();
  const report = Array.isArray(found)
    ? found.filter((each) => !isLeftover(each)).map((each) => groupReport(each, now, letters))
    : groupReport(found, now, letters);
  const lines = json
    ? [JSON.stringify(report, null, 2)]
    : Array.isArray(report)
      ? renderGroups(report, io.columns(), io.paint)
      : renderGroup(report, io.columns(), io.paint);
  for (const line of lines) await io.out(line);
  const asked = answers.filter(({ group }) => name === undefined || group === name);
  for (const line of renderProblems(asked, 'dead letters', plain)) io.note(`brew: ${line}`);
  const { silent } = inspector;
  // One group is told by the broker that leads it.
  const complete =
    (name !== undefined || silent.length === 0) && [report].flat().every(({ lag }) => lag !== null);
  if (!complete) io.note(notAllTold(silent));
  return complete;
}
