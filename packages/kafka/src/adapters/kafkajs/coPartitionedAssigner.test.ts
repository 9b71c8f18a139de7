import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AssignerProtocol, type Cluster } from 'kafkajs';
import { createCoPartitionedAssigner } from './coPartitionedAssigner.ts';

async function assign(memberIds: string[], counts: Record<string, number>) {
  const findTopicPartitionMetadata = (topic: string) =>
    Array.from({ length: counts[topic] ?? 0 }, (_, partitionId) => ({ partitionId }));
  const cluster = { findTopicPartitionMetadata } as unknown as Cluster;
  const assigner = createCoPartitionedAssigner(async () => {})({
    cluster,
    groupId: 'g',
    logger: undefined as never,
  });
  const members = memberIds.map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }));
  const assigned = await assigner.assign({ members, topics: Object.keys(counts) });
  return assigned.map(({ memberId, memberAssignment }) => ({
    memberId,
    partitions: AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {},
  }));
}

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });

test('gives each partition to exactly one member', () =>
  fc.assert(
    fc.asyncProperty(members, fc.nat(12), fc.nat(12), async (ids, a, b) => {
      const assigned = await assign(ids, { a, b });
      for (const [topic, count] of [
        ['a', a],
        ['b', b],
      ] as const) {
        const partitions = assigned.flatMap((member) => member.partitions[topic] ?? []).sort((x, y) => x - y);
        expect(partitions).toEqual(Array.from({ length: count }, (_, i) => i));
      }
    }),
  ));

test('gives the same partition number of all topics to the same member', () =>
  fc.assert(
    fc.asyncProperty(members, fc.integer({ min: 1, max: 12 }), async (ids, count) => {
      for (const { partitions } of await assign(ids, { a: count, b: count }))
        expect(partitions.a).toEqual(partitions.b);
    }),
  ));
