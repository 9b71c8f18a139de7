import type { Admin } from '../admin.ts';
import type { Position } from '../record.ts';

/**
 * Where a group goes on with each partition: what it has committed, or else the partition's start. What was committed last may be work that was still
 * in hand when its topic was deleted and made anew: that says nothing of the topic that is there.
 */
export async function positionsOf(
  admin: Pick<Admin, 'groupLag'>,
  group: string,
  starts: readonly Position[],
): Promise<Position[]> {
  const committed = await admin.groupLag(group);
  return starts.map((start) => {
    const known = committed.find(
      ({ topic, partition }) => topic === start.topic && partition === start.partition,
    );
    const isOfAnother = known?.topicId !== undefined && known.topicId !== start.topicId;
    return { ...start, offset: (isOfAnother ? undefined : known?.committed) ?? start.offset };
  });
}
