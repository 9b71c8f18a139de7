import type { ClusterAddress } from '../cluster.ts';
import { fit, type Paint } from '../text/format.ts';
import type { QuorumReport } from './report.ts';

const TOOL = 'org.apache.kafka.tools.MetadataQuorumCommand';

/** What both say of the same thing. */
interface Compared {
  field: 'ClusterID' | 'RaftLeader' | 'LeaderEpoch' | 'CurrentVoters';
  brew: string;
  kafka: string;
}

export interface Comparison {
  agrees: boolean;
  fields: Compared[];
}

/**
 * Asks Kafka's own tool the same. It takes a second or two; when there was an election meanwhile, both are asked again.
 * @param before what Brew saw before
 * @param look what Brew sees now
 * @returns with what Brew saw after, which is what is compared
 * @throws JdkMissingError, MavenMissingError, or the tool's own last lines
 */
export async function compareWithKafka(
  cluster: ClusterAddress,
  before: QuorumReport,
  look: () => Promise<QuorumReport>,
): Promise<Comparison & { report: QuorumReport }> {
  const { runKafkaTool } = await import('@brew/sandbox');
  const { brokers, commandConfig } = cluster;
  const config = commandConfig === undefined ? [] : ['--command-config', commandConfig];
  const args = ['--bootstrap-server', brokers.join(), ...config, 'describe', '--status'];
  const output = await runKafkaTool(TOOL, args);
  const report = await look();
  if (report.leaderEpoch !== before.leaderEpoch) return compareWithKafka(cluster, report, look);
  return { ...compare(report, output), report };
}

/** @param output the tool's, a field a line. Voters are a list of ids, since Kafka 3.9 one of objects. */
export function compare(report: QuorumReport, output: string): Comparison {
  const read = (name: string) => new RegExp(`^${name}: +(.*)$`, 'm').exec(output)?.[1]?.trim() ?? 'nothing';
  const voters = read('CurrentVoters');
  const ids = [...voters.matchAll(voters.includes('"id"') ? /"id": *(\d+)/g : /(\d+)/g)].map(([, id]) =>
    Number(id),
  );
  const fields: Compared[] = [
    { field: 'ClusterID', brew: report.clusterId, kafka: read('ClusterId') },
    { field: 'RaftLeader', brew: String(report.raftLeader ?? 'none'), kafka: read('LeaderId') },
    { field: 'LeaderEpoch', brew: String(report.leaderEpoch ?? 'none'), kafka: read('LeaderEpoch') },
    { field: 'CurrentVoters', brew: listed(report.currentVoters ?? []), kafka: listed(ids) },
  ];
  return { agrees: fields.every(({ brew, kafka }) => brew === kafka), fields };
}

export function renderComparison({ agrees, fields }: Comparison, paint: Paint): string[] {
  return [
    paint('dim', `Kafka's own tool, ${TOOL} describe --status:`),
    ...fields.map(({ field, brew, kafka }) =>
      brew === kafka
        ? `${paint('green', '✔')} ${fit(field, 13)}  ${kafka}`
        : `${paint('red', '✖')} ${fit(field, 13)}  ${kafka}, and above ${brew}`,
    ),
    agrees ? 'Both say the same.' : paint('red', 'They do not say the same.'),
  ];
}

const listed = (ids: readonly number[]) => `[${ids.toSorted((a, b) => a - b).join(' ')}]`;
