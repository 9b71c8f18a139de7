import { describe, expect, it } from '@jest/globals';
import type { DrillNode } from './nodes/nodes.ts';
import { type DrillKind, planOf, type Situation } from './plan.ts';

const node = (name: string, id: number, isBroker: boolean, votes: boolean): DrillNode => ({
  ...{ name, id, isBroker, votes },
});
const partition = (leader: number) => ({ partition: 0, leader, replicas: [1, 2, 3], inSync: [1, 2, 3] });

/** Broker 1 leads most, 3 least. */
const partitions = [partition(1), partition(1), partition(1), partition(2), partition(2), partition(3)];
const combined: Situation = {
  kafka: 'combined',
  nodes: [1, 2, 3].map((id) => node(`kafka-${id}`, id, true, true)),
  ...{ controller: 1, term: 7, partitions },
};
const dedicated: Situation = {
  kafka: 'dedicated',
  nodes: [
    ...[1, 2, 3].map((id) => node(`controller-${id}`, 100 + id, false, true)),
    ...[1, 2, 3].map((id) => node(`kafka-${id}`, id, true, false)),
  ],
  ...{ controller: 102, term: 7, partitions },
};
const targets = (kind: DrillKind, situation: Situation) =>
  planOf(kind, situation).targets.map(({ name }) => name);

describe('whom a drill hits', () => {
  it('is the active controller', () => {
    expect(targets('controller', combined)).toEqual(['kafka-1']);
    expect(targets('controller', dedicated)).toEqual(['controller-2']);
  });

  it('is a broker that leads partitions, and another than the active controller where there is one', () => {
    expect(targets('broker', combined)).toEqual(['kafka-2']);
    expect(targets('broker', dedicated)).toEqual(['kafka-1']);
    const alone = { ...combined, partitions: [partition(1)] };
    expect(targets('broker', alone)).toEqual(['kafka-1']);
  });

  it('are two brokers, so that the active controller is left, or else who leads least', () => {
    expect(targets('two-brokers', combined)).toEqual(['kafka-2', 'kafka-3']);
    expect(targets('two-brokers', dedicated)).toEqual(['kafka-1', 'kafka-2']);
  });

  it('is every node in turn, the active controller last', () => {
    expect(targets('rolling', combined)).toEqual(['kafka-2', 'kafka-3', 'kafka-1']);
    expect(targets('rolling', dedicated).at(-1)).toBe('controller-2');
    expect(targets('rolling', dedicated)).toHaveLength(6);
  });
});

describe('what is told before', () => {
  const words = (kind: DrillKind, situation: Situation) => planOf(kind, situation).words.join('\n');

  it('names who is hit, and how', () => {
    expect(words('controller', combined)).toMatch(
      /^kafka-1, the active controller \(node 1, term 7\), .*SIGKILL/,
    );
    expect(words('broker', dedicated)).toMatch(/^kafka-1, the leader of 3 of 6 partitions, .*SIGKILL/);
    expect(words('rolling', combined)).toContain('SIGTERM');
  });

  it('says where the quorum goes with the brokers', () => {
    expect(words('two-brokers', combined)).toContain('the quorum is lost as well');
    expect(words('two-brokers', dedicated)).toContain('the quorum stands');
    for (const situation of [combined, dedicated])
      expect(words('two-brokers', situation)).toContain('NOT_ENOUGH_REPLICAS');
  });
});
