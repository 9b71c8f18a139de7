interface Position {
  topic: string;
  partition: number;
  /** The offset that is read next. */
  position: bigint;
}

export interface Positions {
  /** A partition is read from `position`, and it ended at `end` when we came. */
  begin(topic: string, partition: number, position: bigint, end: bigint): void;
  /** Every partition has been begun. */
  complete(): void;
  advance(topic: string, partition: number, position: bigint): void;
  /** 0 for a partition that was never begun. */
  of(topic: string, partition: number): bigint;
  all(): Iterable<Position>;
  /** Resolves when every partition is read to the end that it had. */
  readonly caughtUp: Promise<void>;
}

/** How far a follower has read each partition. Positions only grow, whatever is fetched again. */
export function createPositions(): Positions {
  const positions = new Map<string, Position>();
  const behind = new Map<string, bigint>();
  const caughtUp = Promise.withResolvers<void>();
  let completed = false;

  function settle(id: string, position: bigint): void {
    const end = behind.get(id);
    if (end !== undefined && position >= end) behind.delete(id);
    if (completed && behind.size === 0) caughtUp.resolve();
  }

  const idOf = (topic: string, partition: number) => `${topic}/${partition}`;

  function advance(topic: string, partition: number, position: bigint): void {
    const id = idOf(topic, partition);
    const known = positions.get(id);
    if (known && known.position >= position) return;
    positions.set(id, { topic, partition, position });
    settle(id, position);
  }

  return {
    begin(topic, partition, position, end) {
      behind.set(idOf(topic, partition), end);
      positions.set(idOf(topic, partition), { topic, partition, position });
      settle(idOf(topic, partition), position);
    },
    complete() {
      completed = true;
      if (behind.size === 0) caughtUp.resolve();
    },
    advance,
    of: (topic, partition) => positions.get(idOf(topic, partition))?.position ?? 0n,
    all: () => positions.values(),
    caughtUp: caughtUp.promise,
  };
}
