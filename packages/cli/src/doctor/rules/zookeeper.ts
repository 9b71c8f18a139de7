import { at, type Rule, type Severity } from '../finding.ts';

/** Settings of a cluster with ZooKeeper, with what becomes of them in KRaft. */
const leftovers: { pattern: RegExp; severity: Severity; consequence: string; remedy: string }[] = [
  {
    pattern: /^zookeeper\./,
    severity: 'error',
    consequence:
      'Kafka 4 knows no ZooKeeper and ignores it: what is kept there counts for nothing. With Kafka 3.9, a migration is not at its end.',
    remedy:
      'Remove it. A cluster that still has its metadata in ZooKeeper is migrated with Kafka 3.9 first: see docs/kraft.md.',
  },
  {
    pattern: /^broker\.id$/,
    severity: 'warning',
    consequence: 'It is the old name of node.id. When both are there and differ, the node does not start.',
    remedy: 'Remove it, and set node.id to the same number.',
  },
  {
    pattern: /^(broker\.id\.generation\.enable|reserved\.broker\.max\.id)$/,
    severity: 'warning',
    consequence: 'Ids are not generated in KRaft: it has no effect, and somebody may believe that it has.',
    remedy: 'Remove it, and give each node its node.id.',
  },
  {
    pattern: /^(inter\.broker\.protocol\.version|log\.message\.format\.version)$/,
    severity: 'warning',
    consequence: 'It has no effect: in KRaft the cluster as a whole has a metadata.version.',
    remedy: 'Remove it. kafka-features.sh upgrade --release-version raises the version of all nodes at once.',
  },
  {
    pattern: /^control\.plane\.listener\.name$/,
    severity: 'error',
    consequence: 'A node with process.roles does not start with it.',
    remedy: 'Remove it: brokers reach the controllers by controller.listener.names.',
  },
  {
    pattern: /^password\.encoder\./,
    severity: 'warning',
    consequence: 'It was for passwords in ZooKeeper, and has no effect.',
    remedy: 'Remove it.',
  },
];

const ACL_AUTHORIZER = /^kafka\.security\.au(thorizer\.AclAuthorizer|th\.SimpleAclAuthorizer)$/;

export const zookeeperSettings: Rule = {
  id: 'zookeeper-settings',
  check: (nodes) =>
    nodes.flatMap((node) =>
      [...node.settings].flatMap(([name, setting]) => {
        const problem = `${node.name} has ${name}, which is a setting of clusters with ZooKeeper.`;
        const found = leftovers.find(({ pattern }) => pattern.test(name));
        if (found) {
          const { severity, consequence, remedy } = found;
          return [{ severity, ...at(setting), problem, consequence, remedy }];
        }
        if (name !== 'authorizer.class.name' || !ACL_AUTHORIZER.test(setting.value)) return [];
        return [
          {
            severity: 'error' as const,
            ...at(setting),
            problem: `${node.name} has the authorizer ${setting.value}, which keeps its rules in ZooKeeper.`,
            consequence: 'Kafka 4 does not have it: the node does not start.',
            remedy: 'Set authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer.',
          },
        ];
      }),
    ),
};
