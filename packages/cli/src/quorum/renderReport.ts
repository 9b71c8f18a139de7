import { duration, fit, type Paint, titledTable } from '../text/format.ts';
import type { QuorumReport, ReportedNode } from './report.ts';

/** A replica asks for records twice a second: one that hasn't for so long is down, hangs, or is cut off. */
const SILENT_MS = 3_000;

/**
 * The report as text: a field a line, and a table of the nodes.
 * @param columns what the table has to fit into; 0: as wide as it gets. Fields stay whole: scripts and people look for them
 */
export function renderReport(report: QuorumReport, columns: number, paint: Paint): string[] {
  const { clusterId, nodes, metadataControllerProxy, raftLeader, currentVoters } = report;
  const [proxy, leader] = [String(metadataControllerProxy ?? 'none'), String(raftLeader ?? 'none')];
  const width = Math.max(proxy.length, leader.length);
  const explained = (value: string, words: string) => `${fit(value, width)}   ${paint('dim', `(${words})`)}`;
  const found =
    raftLeader === null
      ? paint('red', 'none: DescribeQuorum is not answered while no controller is active')
      : explained(leader, 'DescribeQuorum on __cluster_metadata; the active controller');
  return [
    ...fields([
      ['ClusterID', clusterId],
      ['Brokers', String(nodes.filter(({ broker }) => broker).length)],
      [
        'MetadataControllerProxy',
        explained(proxy, 'from cluster metadata; in KRaft a proxy, not the Raft leader'),
      ],
      ['RaftLeader', found],
      ['CurrentVoters', currentVoters === null ? 'unknown' : `[${currentVoters.join(' ')}]`],
    ]),
    '',
    ...renderNodes(nodes, columns, paint),
  ];
}

function renderNodes(nodes: readonly ReportedNode[], columns: number, paint: Paint): string[] {
  return titledTable(
    ['NODE', 'HOST', 'PORT', 'RACK', 'ROLE'],
    nodes.map((node) => [
      String(node.id),
      node.host ?? '-',
      String(node.port ?? '-'),
      node.rack ?? '-',
      roleOf(node, paint),
    ]),
    { paint, columns },
  );
}

function roleOf(node: ReportedNode, paint: Paint): string {
  const { broker, voter, activeController } = node;
  const controller = activeController ? 'active controller' : voter ? 'voter' : broker ? '' : 'observer';
  const role = [broker ? 'broker' : '', controller].filter(Boolean).join(' + ');
  const silence = voter || !broker ? silenceOf(node) : '';
  return silence === '' ? role : `${role} ${paint('yellow', `(${silence})`)}`;
}

function silenceOf({ silentMs }: ReportedNode): string {
  if (silentMs === null) return 'not heard of since the election';
  return silentMs < SILENT_MS ? '' : `silent for ${duration(silentMs)}`;
}

function fields(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${fit(`${name}:`, width)}${value}`);
}
