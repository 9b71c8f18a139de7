/** A place in a partition. */
export interface Position {
  topic: string;
  partition: number;
  /** The offset that is read next. */
  offset: bigint;
}

/** Whether one who is at these positions is at those. */
export const isAt = (these: readonly Position[], those: readonly Position[]): boolean =>
  those.every((at) =>
    these.some(
      ({ topic, partition, offset }) =>
        topic === at.topic && partition === at.partition && offset === at.offset,
    ),
  );

/** A position that has moved; `before` is undefined when none was stored. */
export interface Move {
  topic: string;
  partition: number;
  before: bigint | undefined;
  after: bigint;
}

/** How far each partition was read, how far that is stored, and how far it is to its end. */
export interface Positions {
  of(topic: string, partition: number): bigint | undefined;
  /** @param end where the partition ends, as far as is known. @returns by how much it moved */
  move(topic: string, partition: number, offset: bigint, end: bigint | undefined): number;
  /** What has moved since it was asked last. */
  moves(): Move[];
  all(): Position[];
  /** How many records are still to be read. */
  left(): number;
}

interface Place extends Move {
  end: bigint;
}

export function createPositions(stored: readonly Position[]): Positions {
  const places = new Map<string, Place>();
  for (const { topic, partition, offset } of stored) {
    places.set(`${topic}/${partition}`, { topic, partition, before: offset, after: offset, end: offset });
  }
  return {
    of: (topic, partition) => places.get(`${topic}/${partition}`)?.after,
    move(topic, partition, after, end = after) {
      const id = `${topic}/${partition}`;
      const place = places.get(id);
      if (place === undefined) {
        places.set(id, { topic, partition, before: undefined, after, end });
        return 0;
      }
      const moved = Number(after - place.after);
      place.after = after;
      place.end = end;
      return moved;
    },
    moves() {
      const moved = [...places.values()].filter(({ before, after }) => before !== after);
      const moves = moved.map(({ topic, partition, before, after }) => ({ topic, partition, before, after }));
      for (const place of moved) place.before = place.after;
      return moves;
    },
    all: () =>
      [...places.values()].map(({ topic, partition, after }) => ({ topic, partition, offset: after })),
    left: () => [...places.values()].reduce((sum, { after, end }) => sum + Number(end - after), 0),
  };
}
