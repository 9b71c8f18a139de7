import type { Reader } from '@brew/kafka/reader';

/** Where a partition begins, and the offset that its next record will get. */
export interface Bounds {
  topic: string;
  partition: number;
  earliest: number;
  latest: number;
}

/**
 * Where partitions end for all that is written, also behind a transaction that is open: what it keeps back may be what is missing elsewhere.
 * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
 */
export async function endsOf(reader: Pick<Reader, 'offsets'>, topics: readonly string[]): Promise<Bounds[]> {
  const earliest = await reader.offsets(topics, 'earliest');
  const begins = new Map(earliest.map((each) => [`${each.topic}/${each.partition}`, Number(each.offset)]));
  return (await reader.offsets(topics, 'written')).map(({ topic, partition, offset }) => {
    const latest = Number(offset);
    return { topic, partition, earliest: begins.get(`${topic}/${partition}`) ?? latest, latest };
  });
}

interface Position {
  earliest: number;
  /** The offset that is read next, by the last record that came; the reader sets it. */
  next: number;
  /** Whether any record came. */
  hasBegun: boolean;
}

/**
 * Knows up to what time everything has been read. There is no order between partitions, so that an event is missing can
 * only be said once every partition has been read to where it ended at some time after it.
 *
 * @param bounds of every partition, asked for after `at`, a time in milliseconds
 * @param followed where a partition is read next by who fetches: where no record comes, as behind an aborted transaction, nobody else knows
 */
export function createEnds(
  bounds: readonly Bounds[],
  at: number,
  followed: (topic: string, partition: number) => number = () => 0,
) {
  const positions = new Map<string, Position>();
  let goal = { bounds, at };
  let completeAt: number | undefined;

  function positionOf(topic: string, partition: number, earliest = 0): Position {
    const id = `${topic}/${partition}`;
    const position = positions.get(id) ?? { earliest, next: earliest, hasBegun: false };
    positions.set(id, position);
    return position;
  }
  for (const { topic, partition, earliest } of bounds) positionOf(topic, partition, earliest);

  const nextOf = ({ topic, partition }: Pick<Bounds, 'topic' | 'partition'>) =>
    Math.max(positionOf(topic, partition).next, followed(topic, partition));
  const left = (each: Bounds) => Math.max(0, each.latest - nextOf(each));

  function update(): number | undefined {
    if (goal.bounds.every((each) => left(each) === 0)) completeAt = goal.at;
    return completeAt;
  }

  return {
    positionOf,
    nextOf,
    /** How many offsets are still to be read. */
    left,
    completeAt: update,
    /** Takes new bounds as the next goal once the last is reached. @returns how many records are still to be read */
    look(now: readonly Bounds[], lookedAt: number): number {
      if (update() === goal.at) goal = { bounds: now, at: lookedAt };
      return now.reduce((sum, each) => sum + left(each), 0);
    },
  };
}
