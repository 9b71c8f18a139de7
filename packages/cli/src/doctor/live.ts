import type { TopicDeclaration } from '@brew/events';
import { createAdmin } from '@brew/kafka';
import { createInspector, type Inspector } from '@brew/kafka/inspect';
import { pino } from 'pino';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import type { Finding } from './finding.ts';

/**
 * What is wrong with the topics of a cluster that runs: declared ones that are missing or not as declared, and any others that
 * lose records too easily.
 * @throws BrokerUnavailableError, ReadRefusedError
 */
export async function checkTopics(
  cluster: ClusterAddress,
  declarations: readonly TopicDeclaration[],
): Promise<Finding[]> {
  const log = pino({ level: 'silent' });
  const client = clientOf(cluster, 'brew-doctor');
  await using admin = createAdmin({ client, log });
  await using inspector = createInspector({ client });
  const file = cluster.brokers.join();
  const { brokers: members } = await admin.describeCluster();
  return [
    ...(await declaredTopics(admin, declarations, file)),
    ...(members.length < 3 ? [] : await otherTopics(inspector, declarations, file)),
  ];
}

async function declaredTopics(
  admin: ReturnType<typeof createAdmin>,
  declarations: readonly TopicDeclaration[],
  file: string,
): Promise<Finding[]> {
  const outcomes = await admin.compareTopics(declarations);
  // Not Brew's cluster at all.
  if (outcomes.every(({ outcome }) => outcome === 'missing')) return [];
  return outcomes.flatMap(({ topic, outcome, differences }): Finding[] => {
    if (outcome === 'missing') {
      return [
        {
          rule: 'topic-missing',
          severity: 'error',
          file,
          line: null,
          problem: `The topic ${topic} does not exist.`,
          consequence: 'Whoever writes to it or reads from it waits for it: none is made by itself.',
          remedy: 'Make it: npm start does so, and with Docker: docker compose up topics.',
        },
      ];
    }
    return differences.map((difference) => ({
      rule: 'topic-differs',
      severity: 'error',
      file,
      line: null,
      problem: `The topic ${topic} is not as declared: ${difference}.`,
      consequence:
        'What Brew relies on does not hold: the order of a key, what is kept for how long, that nothing acknowledged is lost.',
      remedy:
        'Change it back (kafka-configs.sh --alter, kafka-reassign-partitions.sh), or its declaration in packages/events/src/topics.ts.',
    }));
  });
}

/** Also those that nobody declared, and Kafka's own. */
async function otherTopics(
  inspector: Inspector,
  declarations: readonly TopicDeclaration[],
  file: string,
): Promise<Finding[]> {
  const declared = new Set(declarations.map(({ name }) => name));
  const topics = (await inspector.topics()).filter(({ name }) => !declared.has(name));
  const settings = await inspector.settings(topics.map(({ name }) => name));
  return topics.flatMap(({ name, partitions }): Finding[] => {
    const read = (setting: string) => settings.get(name)?.find((each) => each.name === setting)?.value;
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    const wrong = [
      ...(replicas < 3 ? [`${replicas === 1 ? 'one replica' : `${replicas} replicas`}`] : []),
      ...(Number(read('min.insync.replicas')) < 2 ? ['min.insync.replicas 1'] : []),
      ...(read('unclean.leader.election.enable') === 'true' ? ['unclean leader elections'] : []),
    ];
    if (wrong.length === 0) return [];
    return [
      {
        rule: 'topic-durability',
        severity: 'warning',
        file,
        line: null,
        problem: `The topic ${name} has ${wrong.join(' and ')}.`,
        consequence: 'When one broker dies, records that were acknowledged may be lost, or nobody can write.',
        remedy: 'Give it three replicas, min.insync.replicas 2, and unclean.leader.election.enable false.',
      },
    ];
  });
}
