import { type Finding, placeOf, type Rule } from '../finding.ts';
import { brokerCount, hasRole, type NodeConfig, settingOf } from '../node.ts';

type Found = Omit<Finding, 'rule'>;

/** A number that is set, or Kafka's own. */
const numberOf = (node: NodeConfig, name: string, standard: number): number =>
  Number(settingOf(node, name) ?? standard);

/** A cluster of one broker, for trying things out, has nothing to replicate to. */
const isLone = (nodes: readonly NodeConfig[]): boolean => brokerCount(nodes) === 1;

const FACTOR = 'default.replication.factor';
const MIN_ISR = 'min.insync.replicas';

export const replicationFactor: Rule = {
  id: 'replication-factor',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const [factor, brokers] = [numberOf(node, FACTOR, 1), brokerCount(nodes)];
      const place = placeOf(node, FACTOR);
      if (brokers !== undefined && factor > brokers) return [tooMany(node, FACTOR, factor, brokers)];
      if (factor >= 3 || isLone(nodes)) return [];
      return [
        {
          severity: factor < 2 ? 'error' : 'warning',
          ...place,
          problem: `${node.name} gives topics ${factor < 2 ? 'one replica' : `${factor} replicas`} when nobody says how many (${FACTOR}${place.line === null ? ', which is 1 when it is not set' : ''}).`,
          consequence:
            factor < 2
              ? 'While that broker is down nobody can write or read them, and with its disk they are lost.'
              : 'While one broker is down, either nobody can write, or what is written is on one disk alone.',
          remedy: `Set ${FACTOR}=3 on every node.`,
        },
      ];
    }),
};

export const minIsr: Rule = {
  id: 'min-isr',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const [min, factor] = [numberOf(node, MIN_ISR, 1), numberOf(node, FACTOR, 1)];
      const place = placeOf(node, MIN_ISR);
      if (min < 2 && !isLone(nodes)) {
        return [
          {
            severity: 'error',
            ...place,
            problem: `${node.name} acknowledges what one replica has (${MIN_ISR}${place.line === null ? ', which is 1 when it is not set' : ''}).`,
            consequence:
              'When the other replicas have fallen behind and the leader dies, what was acknowledged, also with acks=all, is lost.',
            remedy: `Set ${MIN_ISR}=2 on every node, with a replication factor of 3.`,
          },
        ];
      }
      if (min <= 1 || min < factor) return [];
      return [
        {
          severity: min > factor ? 'error' : 'warning',
          ...place,
          problem: `${node.name} wants ${min} replicas in sync (${MIN_ISR}), of ${factor} that topics have (${FACTOR}).`,
          consequence:
            min > factor
              ? 'Nobody can write with acks=all to a topic that has no settings of its own.'
              : 'As soon as one broker is down, be it for a restart, nobody can write with acks=all.',
          remedy: `Set ${MIN_ISR}=2 and ${FACTOR}=3.`,
        },
      ];
    }),
};

export const uncleanElection: Rule = {
  id: 'unclean-election',
  check: (nodes) =>
    nodes
      .filter((node) => settingOf(node, 'unclean.leader.election.enable')?.toLowerCase() === 'true')
      .map(
        (node): Found => ({
          severity: 'error',
          ...placeOf(node, 'unclean.leader.election.enable'),
          problem: `${node.name} lets a replica that is behind become the leader (unclean.leader.election.enable).`,
          consequence: 'When all others are down, it does, and what it lacks is lost, acknowledged or not.',
          remedy:
            'Set it to false, and switch it on for a single topic when its availability is worth its records.',
        }),
      ),
};

/** Kafka's own topics, with what is lost with them. */
const internalTopics = [
  { prefix: 'offsets.topic.replication.factor', minIsr: undefined, what: 'how far each consumer group is' },
  {
    prefix: 'transaction.state.log.replication.factor',
    minIsr: 'transaction.state.log.min.isr',
    what: 'which transactions were committed',
  },
  {
    prefix: 'share.coordinator.state.topic.replication.factor',
    minIsr: 'share.coordinator.state.topic.min.isr',
    what: 'what share groups have acknowledged',
  },
];

export const internalTopicsRule: Rule = {
  id: 'internal-topics',
  check: (nodes) =>
    nodes
      .filter((node) => hasRole(node, 'broker'))
      .flatMap((node) => internalTopics.flatMap((topic) => internalTopic(node, topic, nodes))),
};

function internalTopic(
  node: NodeConfig,
  { prefix, minIsr: minName, what }: (typeof internalTopics)[number],
  nodes: readonly NodeConfig[],
): Found[] {
  const brokers = brokerCount(nodes);
  const factor = numberOf(node, prefix, 3);
  if (brokers !== undefined && factor > brokers) return [tooMany(node, prefix, factor, brokers)];
  if (factor < 3 && !isLone(nodes)) {
    return [
      {
        severity: 'error',
        ...placeOf(node, prefix),
        problem: `${node.name} keeps ${what} on ${factor === 1 ? 'one broker' : `${factor} brokers`} (${prefix}).`,
        consequence: `While ${factor === 1 ? 'it' : 'one of them'} is down, those who need it stand still or have no spare copy; with its disk, it is lost.`,
        remedy: `Set ${prefix}=3. For a topic that is there already, it takes a reassignment: kafka-reassign-partitions.sh.`,
      },
    ];
  }
  const min = minName === undefined ? 2 : numberOf(node, minName, 2);
  if (minName === undefined || (min >= 2 && min < factor) || isLone(nodes)) return [];
  return [
    {
      severity: min > factor ? 'error' : 'warning',
      ...placeOf(node, minName),
      problem: `${node.name} wants ${min} of ${factor} replicas in sync for ${what} (${minName}).`,
      consequence:
        min < 2
          ? 'What was acknowledged may be on one disk alone, and lost with it.'
          : 'As soon as one broker is down, transactions stand still.',
      remedy: `Set ${minName}=2 and ${prefix}=3.`,
    },
  ];
}

function tooMany(node: NodeConfig, name: string, factor: number, brokers: number): Found {
  const place = placeOf(node, name);
  return {
    severity: 'error',
    ...place,
    problem: `${node.name} wants ${factor} replicas (${name}${place.line === null ? `, which is ${factor} when it is not set` : ''}), and there ${brokers === 1 ? 'is one broker' : `are ${brokers} brokers`}.`,
    consequence:
      'The topics that it is for can not be made: no groups, or no transactions, or no topics without settings of their own.',
    remedy: `Set ${name} to at most ${brokers}, or run ${factor} brokers.`,
  };
}
