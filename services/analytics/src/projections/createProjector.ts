import type { Codec, ReceivedRecord } from '@brew/kafka';
import type { Database } from '@brew/postgres';
import { claimOffsets, type OffsetRange } from '../store/offsets.ts';
import type { Projection } from './projection.ts';

interface ProjectorOptions {
  db: Database;
  codec: Codec;
  projections: readonly Projection[];
}

/**
 * Makes what a consumer does with records: each projection takes in those that it has not had, and all of it is one
 * transaction with their next offsets. So whatever is killed, and whenever, a record counts once, also when Kafka
 * delivers it again.
 */
export function createProjector({ db, codec, projections }: ProjectorOptions) {
  const names = projections.map(({ name }) => name);

  return async function project(records: readonly ReceivedRecord[]): Promise<void> {
    if (records.length === 0) return;
    const received = await Promise.all(
      records.map(async (record) => ({ ...record, event: await codec.decode(record) })),
    );
    // Of several instances no two have the same partition, so no two add to the same counters.
    const counter = Math.min(...records.map(({ partition }) => partition));

    await db.transaction(async (tx) => {
      const firstNew = await claimOffsets(tx, names, rangesOf(records));
      const applied = projections.map(async (projection) => {
        const types = new Set(projection.events.map(({ type }) => type));
        const events = received
          .filter(({ event }) => types.has(event.type.type))
          .filter(({ topic, partition, offset }) => offset >= firstNew(projection.name, topic, partition))
          .map(({ event }) => event);
        if (events.length > 0) await projection.apply(tx, { partition: counter, events });
      });
      await Promise.all(applied);
    });
  };
}

/** Up to where each partition was read. */
function rangesOf(records: readonly ReceivedRecord[]): OffsetRange[] {
  const ranges = new Map<string, OffsetRange>();
  for (const { topic, partition, offset } of records) {
    ranges.set(`${topic}/${partition}`, { topic, partition, next: offset + 1n });
  }
  return [...ranges.values()];
}
