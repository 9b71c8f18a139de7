import type { Codec, ReceivedRecord } from '@brew/kafka';
import type { Database } from '@brew/postgres';
import { claimOffsets } from '../store/offsets.ts';
import type { Projection } from './projection.ts';

interface ProjectorOptions {
  db: Database;
  codec: Codec;
  projections: readonly Projection[];
}

/**
 * Makes what a consumer does with a batch of one partition's records: each projection takes in those that it has
 * not had, and all of it is one transaction with their next offsets. So whatever is killed, and whenever, a
 * record counts once, also when Kafka delivers it again.
 */
export function createProjector({ db, codec, projections }: ProjectorOptions) {
  const names = projections.map(({ name }) => name);

  return async function project(records: readonly ReceivedRecord[]): Promise<void> {
    const last = records.at(-1);
    if (!last) return;
    const { topic, partition } = last;
    const received = await Promise.all(
      records.map(async (record) => ({ offset: record.offset, event: await codec.decode(record) })),
    );

    await db.transaction(async (tx) => {
      const firstNew = await claimOffsets(tx, names, { topic, partition, next: last.offset + 1n });
      for (const projection of projections) {
        const from = firstNew.get(projection.name) ?? 0n;
        const types = new Set(projection.events.map(({ type }) => type));
        const events = received
          .filter(({ offset, event }) => offset >= from && types.has(event.type.type))
          .map(({ event }) => event);
        if (events.length > 0) await projection.apply(tx, { partition, events });
      }
    });
  };
}
