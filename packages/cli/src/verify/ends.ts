import type { Admin } from '@brew/kafka';

/** Where a partition begins, and the offset that its next record will get. */
export interface Bounds {
  topic: string;
  partition: number;
  earliest: number;
  latest: number;
}

/**
 * One topic after the other: kafkajs mixes up the answers when it is asked for several at once.
 * @throws BrokerUnavailableError, TopicMissingError
 */
export async function endsOf(admin: Admin, topics: readonly string[]): Promise<Bounds[]> {
  const found: Bounds[] = [];
  for (const topic of topics) {
    for (const { partition, earliest, latest } of await admin.topicOffsets(topic)) {
      found.push({ topic, partition, earliest: Number(earliest), latest: Number(latest) });
    }
  }
  return found;
}

interface Position {
  earliest: number;
  /** The offset that is read next; the reader sets it. */
  next: number;
}

/**
 * Knows up to what time everything has been read. There is no order between partitions, so that an event is missing can
 * only be said once every partition has been read to where it ended at some time after it.
 *
 * @param bounds of every partition, asked for after `at`, a time in milliseconds
 */
export function createEnds(bounds: readonly Bounds[], at: number) {
  const positions = new Map<string, Position>();
  let goal = { bounds, at };
  let completeAt: number | undefined;

  function positionOf(topic: string, partition: number, earliest = 0): Position {
    const id = `${topic}/${partition}`;
    const position = positions.get(id) ?? { earliest, next: earliest };
    positions.set(id, position);
    return position;
  }
  for (const { topic, partition, earliest } of bounds) positionOf(topic, partition, earliest);

  const left = ({ topic, partition, latest }: Bounds) =>
    Math.max(0, latest - positionOf(topic, partition).next);

  function update(): number | undefined {
    if (goal.bounds.every((each) => left(each) === 0)) completeAt = goal.at;
    return completeAt;
  }

  return {
    positionOf,
    completeAt: update,
    /** Takes new bounds as the next goal once the last is reached. @returns how many records are still to be read */
    look(now: readonly Bounds[], lookedAt: number): number {
      if (update() === goal.at) goal = { bounds: now, at: lookedAt };
      return now.reduce((sum, each) => sum + left(each), 0);
    },
  };
}
