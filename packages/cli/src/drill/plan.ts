import type { KafkaMode } from '@brew/sandbox';
import type { DrillNode } from './nodes/nodes.ts';
import type { Sight } from './observe/cluster.ts';

export const drillKinds = ['controller', 'broker', 'two-brokers', 'rolling'] as const;
export type DrillKind = (typeof drillKinds)[number];

/** What a drill is going to do. */
export interface Plan {
  kind: DrillKind;
  /** In the order in which they end. */
  targets: readonly DrillNode[];
  /** What is told before anybody is asked: sentences. */
  words: readonly string[];
}

export interface Situation {
  kafka: KafkaMode;
  nodes: readonly DrillNode[];
  /** Node id of the active controller, and its term. */
  controller: number;
  term: number;
  partitions: Sight['partitions'];
}

const GONE_FOR_GOOD =
  'the cluster gives a broker up after 9 s without a sign of life (broker.session.timeout.ms)';
const REFUSED =
  'With fewer replicas in sync than min.insync.replicas, acks=all is refused (NOT_ENOUGH_REPLICAS). Orders are accepted all the same, and wait in the outbox of the order service.';

/** Chooses whom it hits, and says what will happen. Pure. */
export function planOf(kind: DrillKind, situation: Situation): Plan {
  const targets = targetsOf(kind, situation);
  return { kind, targets, words: wordsOf(kind, targets, situation) };
}

function targetsOf(kind: DrillKind, { kafka, nodes, controller, partitions }: Situation): DrillNode[] {
  const isActive = ({ id }: DrillNode) => id === controller;
  const led = ({ id }: DrillNode) => partitions.filter(({ leader }) => leader === id).length;
  const brokers = nodes.filter(({ isBroker }) => isBroker);
  const byLed = brokers.toSorted((a, b) => led(b) - led(a));
  switch (kind) {
    case 'controller':
      return nodes.filter(isActive);
    case 'broker': {
      const leaders = byLed.filter((node) => led(node) > 0);
      return [leaders.find((node) => !isActive(node)) ?? leaders[0] ?? byLed[0]].filter(
        (node) => node !== undefined,
      );
    }
    case 'two-brokers': {
      // Without a quorum, nobody could take the first one out of the ISR any more: so it ends before the active controller is left alone.
      const left = kafka === 'combined' ? brokers.find(isActive) : byLed.at(-1);
      return brokers.filter((node) => node !== left).slice(0, 2);
    }
    case 'rolling':
      return [...nodes.filter((node) => !isActive(node)), ...nodes.filter(isActive)];
    default:
      return kind satisfies never;
  }
}

function wordsOf(kind: DrillKind, targets: readonly DrillNode[], situation: Situation): string[] {
  const { kafka, controller, term, partitions } = situation;
  const combined = kafka === 'combined';
  const names = targets.map(({ name }) => name);
  const [first, second] = names;
  const led = partitions.filter(({ leader }) => leader === targets[0]?.id).length;
  switch (kind) {
    case 'controller':
      return [
        `${first}, the active controller (node ${controller}, term ${term}), is killed with SIGKILL, and started again once the cluster has gone on without it.`,
        combined
          ? `It is a broker, too: writers wait until ${GONE_FOR_GOOD}.`
          : 'It is no broker: writers and readers should notice nothing.',
      ];
    case 'broker':
      return [
        `${first}, the leader of ${led} of ${partitions.length} partitions, is killed with SIGKILL, and started again once the cluster has gone on without it.`,
        `Writers wait until ${GONE_FOR_GOOD}.`,
        combined
          ? 'It is one of three voters, too; the other two are a quorum.'
          : 'The controllers are nodes of their own, and stay.',
      ];
    case 'two-brokers':
      return combined
        ? [
            `${first} is killed with SIGKILL, and once it is out of the ISR, ${second} is stopped in order (SIGTERM). Then both are started again.`,
            'Each is a voter, too: one of three is left, so the quorum is lost as well, and no controller is active until one of them is back.',
            `${second} is not killed, for then it would stay in the ISR, which nobody could shrink without a quorum: writers would time out instead of being refused.`,
            REFUSED,
          ]
        : [
            `${first} and ${second} are killed with SIGKILL at the same time, and started again once writing is refused.`,
            'The controllers are nodes of their own: the quorum stands.',
            REFUSED,
          ];
    case 'rolling':
      return [
        `${names.length} nodes are restarted one after the other, in order (SIGTERM), the active controller last: ${names.join(', ')}.`,
        'The next one waits until every replica is in sync again.',
      ];
    default:
      return kind satisfies never;
  }
}
