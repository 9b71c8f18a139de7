import type { Admin } from '../admin.ts';
import type { PartitionOffset } from '../reader.ts';

/** Where a group goes on with each partition: what it has committed, or else the partition's start. */
export async function positionsOf(
  admin: Pick<Admin, 'groupLag'>,
  group: string,
  starts: readonly PartitionOffset[],
): Promise<PartitionOffset[]> {
  const committed = await admin.groupLag(group);
  return starts.map((start) => {
    const known = committed.find(
      ({ topic, partition }) => topic === start.topic && partition === start.partition,
    );
    return { ...start, offset: known?.committed ?? start.offset };
  });
}
