import type { Logger } from 'pino';
import { createAdmin } from '../admin.ts';
import type { KafkaClient } from '../client.ts';

/** Partitions by topic, as a member has them. */
type Assignment = Readonly<Record<string, readonly number[]>>;

interface FirstOffset {
  topic: string;
  partition: number;
  offset: bigint;
}

/** Where a group that reads only what comes from now on begins. */
export interface FirstOffsets {
  /** Looks where the partitions end, and of which of them the group has committed nothing yet. Before each join. */
  look(): Promise<void>;
  /** Where to begin with those of a member's partitions of which nothing is committed. After a join. */
  of(assignment: Assignment): FirstOffset[];
}

/**
 * "Now" is when the group came first, for ever: it is committed as soon as a partition is had, also if nothing comes in it. Left to
 * kafkajs, a partition in which nothing was read yet would begin at its end again after each restart, and what came in
 * between would be read by nobody. What is in a partition that was added later is all of it new.
 */
export function createFirstOffsets(options: {
  client: KafkaClient;
  group: string;
  topics: readonly string[];
  log: Logger;
}): FirstOffsets {
  const { client, group, topics, log } = options;
  const ends = new Map<string, bigint>();
  const committed = new Set<string>();
  const idOf = (topic: string, partition: number) => `${topic}/${partition}`;

  return {
    async look() {
      await using admin = createAdmin({ client, log });
      committed.clear();
      for (const lag of await admin.groupLag(group)) {
        if (lag.committed !== undefined) committed.add(idOf(lag.topic, lag.partition));
      }
      for (const topic of topics) {
        const partitions = await admin.topicOffsets(topic);
        // The group has been here: a partition of which it has committed nothing was added since then, and all of it is new.
        if (partitions.some(({ partition }) => committed.has(idOf(topic, partition)))) continue;
        for (const { partition, latest } of partitions) {
          const id = idOf(topic, partition);
          if (!ends.has(id)) ends.set(id, latest);
        }
      }
    },

    of(assignment) {
      const first = Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.flatMap((partition) => {
          const offset = ends.get(idOf(topic, partition));
          return offset === undefined || committed.has(idOf(topic, partition))
            ? []
            : [{ topic, partition, offset }];
        }),
      );
      // From here on the group has its offsets: what another member read must not be read again.
      for (const id of ends.keys()) committed.add(id);
      return first;
    },
  };
}
