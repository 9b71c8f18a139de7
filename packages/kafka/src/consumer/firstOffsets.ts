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

/** Where a group begins. */
export interface FirstOffsets {
  /** Looks where the partitions are to begin of which the group has committed nothing yet. Before each join. */
  look(): Promise<void>;
  /** Where to begin with those of a member's partitions of which nothing is committed. After a join. */
  of(assignment: Assignment): FirstOffset[];
}

/**
 * A group begins once, with what there is then or with what comes from then on, and that is committed as soon as a partition is had, also if
 * nothing comes in it. Left to kafkajs, a partition in which nothing was read yet would begin anew after each restart: at its end, and
 * what came in between would be read by nobody; or with the first record that is left, and what was deleted in between would be missed
 * by nobody. What is in a partition that was added later is all of it new, from offset 0.
 */
export function createFirstOffsets(options: {
  client: KafkaClient;
  group: string;
  topics: readonly string[];
  from: 'beginning' | 'now';
  log: Logger;
}): FirstOffsets {
  const { client, group, topics, from, log } = options;
  const begins = new Map<string, bigint>();
  const committed = new Set<string>();
  const idOf = (topic: string, partition: number) => `${topic}/${partition}`;

  function beginAt(topic: string, partition: number, offset: bigint): void {
    const id = idOf(topic, partition);
    if (!begins.has(id)) begins.set(id, offset);
  }

  return {
    async look() {
      await using admin = createAdmin({ client, log });
      committed.clear();
      const positions = await admin.groupPositions(group, topics);
      for (const [topic, partitions] of Map.groupBy(positions, (position) => position.topic)) {
        const had = partitions.filter((position) => position.committed !== undefined);
        for (const { partition } of had) committed.add(idOf(topic, partition));
        if (had.length === 0) {
          for (const { partition, earliest, latest } of await admin.topicOffsets(topic))
            beginAt(topic, partition, from === 'now' ? latest : earliest);
        } else {
          // The group has been here: a partition of which it has committed nothing was added since then.
          for (const { partition } of partitions) beginAt(topic, partition, 0n);
        }
      }
    },

    of(assignment) {
      const first = Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.flatMap((partition) => {
          const offset = begins.get(idOf(topic, partition));
          return offset === undefined || committed.has(idOf(topic, partition))
            ? []
            : [{ topic, partition, offset }];
        }),
      );
      // From here on the group has its offsets: what another member read must not be read again.
      for (const id of begins.keys()) committed.add(id);
      return first;
    },
  };
}
