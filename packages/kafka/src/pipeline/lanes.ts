import { adapterOf, type Lane, type LaneOptions } from '../adapter.ts';

/** Opens one for each partition, or none. */
export async function openLanes({
  partitions,
  ...options
}: Omit<LaneOptions, 'topic' | 'partition' | 'topicId'> & {
  partitions: readonly Pick<LaneOptions, 'topic' | 'partition' | 'topicId'>[];
}): Promise<Lane[]> {
  const adapter = await adapterOf(options.client);
  const opened = await Promise.allSettled(
    partitions.map(({ topic, partition, topicId }) =>
      adapter.openLane({ ...options, topic, partition, topicId }),
    ),
  );
  const failed = opened.find((each) => each.status === 'rejected');
  const lanes = opened.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (!failed) return lanes;
  await Promise.all(lanes.map((lane) => lane.close()));
  throw failed.reason;
}
