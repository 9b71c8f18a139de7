import { counted } from '../text/format.ts';
import type { DrillNode } from './nodes/nodes.ts';
import type { Stage } from './stage.ts';
import type { Milestone } from './timeline.ts';

// What is expected to happen in a drill, as facts about what is seen of the cluster. `since`: on the clock of performance.now().

/** Another term of the metadata quorum than the one before. */
export const elected = ({ cluster, nodes }: Stage, before: number): Milestone => ({
  event: 'controller-elected',
  name: 'a new active controller',
  seen() {
    const { quorum } = cluster;
    if (!quorum || quorum.epoch <= before) return undefined;
    const name = nodes.all.find(({ id }) => id === quorum.leader)?.name ?? `node ${quorum.leader}`;
    return `new leader elected: ${name} is the active controller (term ${quorum.epoch})`;
  },
});

export const quorumLost = ({ cluster }: Stage): Milestone => ({
  event: 'quorum-lost',
  name: 'no active controller',
  seen: () =>
    cluster.quorum ? undefined : 'quorum lost: one of three voters is left, no controller is active',
});

/** @param led how many partitions they led */
export const leadersMoved = ({ cluster }: Stage, gone: readonly DrillNode[], led: number): Milestone => ({
  event: 'leaders-elected',
  name: 'new leaders of its partitions',
  seen() {
    const ids = gone.map(({ id }) => id);
    const all = cluster.partitions.every(({ leader }) => leader !== undefined && !ids.includes(leader));
    return all ? `new leaders elected: of ${counted(led, 'partition')} that ${namesOf(gone)} led` : undefined;
  },
});

export const isrShrunk = ({ cluster }: Stage, gone: readonly DrillNode[]): Milestone => ({
  event: 'isr-shrunk',
  name: 'the ISR without it',
  seen() {
    const { partitions } = cluster;
    const without = partitions.every(({ inSync }) => gone.every(({ id }) => !inSync.includes(id)));
    const left = Math.min(...partitions.map(({ inSync }) => inSync.length));
    return without
      ? `ISR shrunk to ${left}: ${namesOf(gone)} ${gone.length === 1 ? 'is' : 'are'} out of it on ${counted(partitions.length, 'partition')}`
      : undefined;
  },
});

/** It may well not happen. */
export const produceError = ({ probing, timeline }: Stage): Milestone => ({
  event: 'produce-error',
  name: 'an error of a producer',
  seen() {
    const error = probing.errorSince(timeline.since);
    return error && `first produce error: ${error.reason} (partition ${error.partition})`;
  },
});

export const produceRefused = ({ probing }: Stage, since: number): Milestone => ({
  event: 'produce-refused',
  name: 'acks=all refused',
  seen: () =>
    probing.refusedSince(since, 'NOT_ENOUGH_REPLICAS') ? 'acks=all refused: NOT_ENOUGH_REPLICAS' : undefined,
});

export const producing = ({ probing }: Stage, since: number): Milestone => ({
  event: 'produce-goes-on',
  name: 'acks=all answered on every partition',
  seen: () =>
    probing.writesSince(since) ? 'produce goes on: acks=all is answered on every partition' : undefined,
});

export const consuming = ({ probing }: Stage, since: number): Milestone => ({
  event: 'consume-goes-on',
  name: 'new records read on every partition',
  seen: () =>
    probing.readsSince(since) ? 'consume goes on: new records are read on every partition' : undefined,
});

/** An order of the drill that was placed since, from the tap to the door. */
export const orderDelivered = ({ customers, following }: Stage, since: number): Milestone => ({
  event: 'orders-go-on',
  name: 'an order that was placed since has been delivered',
  seen() {
    const delivered = customers.accepted.some(
      ({ orderId, sentAt }) => sentAt >= since && following.ends.get(orderId)?.how === 'delivered',
    );
    return delivered ? 'orders go on: one that was placed since is delivered' : undefined;
  },
});

/** @param least how many orders */
export const intakeGoesOn = ({ customers, outbox }: Stage, since: number, least: number): Milestone => ({
  event: 'intake-goes-on',
  name: `${least} orders accepted into the outbox`,
  seen() {
    const accepted = customers.accepted.filter(({ sentAt }) => sentAt >= since).length;
    return accepted >= least && (outbox.rows ?? 0) > 0
      ? `intake goes on: ${counted(accepted, 'order')} answered with 201 since, ${counted(outbox.rows ?? 0, 'event')} in the outbox`
      : undefined;
  },
});

export const outboxDrained = ({ outbox }: Stage): Milestone => ({
  event: 'outbox-drained',
  name: 'the outbox empty',
  seen: () => (outbox.rows === 0 ? 'outbox drained: nothing waits to be published' : undefined),
});

export const isrWhole = ({ cluster }: Stage): Milestone => ({
  event: 'isr-whole',
  name: 'every replica in sync',
  seen() {
    const { partitions } = cluster;
    const whole = partitions.every(({ inSync, replicas }) => inSync.length === replicas.length);
    return whole
      ? `ISR whole again: every replica of ${counted(partitions.length, 'partition')} is in sync`
      : undefined;
  },
});

/** When a replica of the metadata log last had all of it, by the clock of the active controller. */
function caughtUpAt({ cluster }: Stage, { id }: DrillNode): number {
  const { voters = [], observers = [] } = cluster.quorum ?? {};
  return [...voters, ...observers].find((replica) => replica.id === id)?.lastCaughtUpAt?.getTime() ?? 0;
}

/** Of a node that runs again: what is known of it from before it went does not change, so it is back when that does. */
export function rejoined(stage: Stage, node: DrillNode): Milestone {
  const before = caughtUpAt(stage, node);
  return {
    event: 'rejoined',
    name: `${node.name} in the metadata quorum`,
    seen() {
      const { quorum } = stage.cluster;
      if (!quorum || caughtUpAt(stage, node) <= before) return undefined;
      if (quorum.leader === node.id) return `${node.name} has rejoined, and was elected active controller`;
      const leader = stage.nodes.all.find(({ id }) => id === quorum.leader)?.name ?? quorum.leader;
      const role = node.votes
        ? 'as a follower of the active controller'
        : 'and follows the active controller';
      return `${node.name} has rejoined ${role}, ${leader}`;
    },
  };
}

const namesOf = (nodes: readonly DrillNode[]): string => nodes.map(({ name }) => name).join(' and ');
