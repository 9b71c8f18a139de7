import { type Assigner, AssignerProtocol, type PartitionAssigner } from 'kafkajs';

/**
 * Gives a partition number of all topics to the same member, so that an order's records of every topic are worked on
 * by one process. The round robin of kafkajs deals out topic by topic and parts them.
 * @param beforeJoin done each time before the group is joined, also again (patches/kafkajs@2.2.4.patch)
 */
export const createCoPartitionedAssigner =
  (beforeJoin: () => Promise<void>): PartitionAssigner =>
  ({ cluster }): Assigner & { beforeJoin(): Promise<void> } => ({
    beforeJoin,
    name: 'BrewCoPartitioned',
    version: 0,

    async assign({ members, topics }) {
      const memberIds = members.map(({ memberId }) => memberId).sort();
      const assignments = memberIds.map((): Record<string, number[]> => ({}));
      for (const topic of topics) {
        for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
          const assignment = assignments[partitionId % memberIds.length];
          if (assignment) assignment[topic] = [...(assignment[topic] ?? []), partitionId];
        }
      }
      return memberIds.map((memberId, index) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: this.version,
          assignment: assignments[index] ?? {},
          userData: Buffer.alloc(0),
        }),
      }));
    },

    protocol({ topics }) {
      return {
        name: this.name,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version: this.version,
          topics,
          userData: Buffer.alloc(0),
        }),
      };
    },
  });
