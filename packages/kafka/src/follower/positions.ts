import type { TopicPartition } from '../record.ts';

interface Position extends TopicPartition {
  /** The offset that is read next. */
  position: bigint;
  /** Of which topic it is one: a topic that was made anew has others. */
  topicId: string | undefined;
}

export interface Positions {
  /** A partition is read from there, and it ended at `end` when we came. */
  begin(from: Position, end: bigint): void;
  /** Every partition has been begun. */
  complete(): void;
  /** Nothing where it is one of another topic by now: work on what came of the one before may end later. */
  advance(to: Position): void;
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

  const idOf = (topic: string, partition: number) => `${topic}/${partition}`;

  function set(to: Position): void {
    const id = idOf(to.topic, to.partition);
    positions.set(id, to);
    const end = behind.get(id);
    if (end !== undefined && to.position >= end) behind.delete(id);
    if (completed && behind.size === 0) caughtUp.resolve();
  }

  return {
    begin(from, end) {
      behind.set(idOf(from.topic, from.partition), end);
      set(from);
    },
    complete() {
      completed = true;
      if (behind.size === 0) caughtUp.resolve();
    },
    advance(to) {
      const known = positions.get(idOf(to.topic, to.partition));
      if (!known || (known.topicId === to.topicId && known.position < to.position)) set(to);
    },
    of: (topic, partition) => positions.get(idOf(topic, partition))?.position ?? 0n,
    all: () => positions.values(),
    caughtUp: caughtUp.promise,
  };
}
