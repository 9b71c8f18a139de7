import type { Position, TopicPartition } from '../record.ts';

/** The partitions that a member has, with the work on each of them. */
export interface Assignment {
  /** Partitions are ours from here on; what begin() is called for comes later, once it is known where to go on. */
  expect(partitions: readonly (TopicPartition & { topicId?: string })[]): void;
  /** Begins the work on those of these that are still ours. @returns these */
  begin<At extends Position>(positions: readonly At[]): At[];
  /** They are to be given up: what is done until this resolves still counts. It does when the work on them has ended. */
  give(up: readonly TopicPartition[]): Promise<void>;
  /** The same of all that there are. */
  end(): Promise<void>;
  /** They are others' already, also those that are being given up: nothing of the work on them counts any more. */
  lose(lost: readonly TopicPartition[]): void;
  /** Rejects when the work on one of them has failed. */
  readonly failed: Promise<never>;
}

/** A partition that a member has. */
export interface Part {
  /** Aborted when it is to be given up. */
  readonly signal: AbortSignal;
  /** Whether it is another's. */
  readonly isLost: boolean;
  /** Of the topic that it belongs to; undefined where members have partitions by the names of topics alone. */
  readonly topicId: string | undefined;
}

interface OwnPart extends Part {
  isLost: boolean;
  giveUp: AbortController;
  /** Resolves when the work on it has ended. */
  done: Promise<void>;
}

/** @param work works on a partition until its signal is aborted */
export function createAssignment(work: (from: Position, part: Part) => Promise<void>): Assignment {
  const parts = new Map<string, OwnPart>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const idOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

  function newPart(topicId: string | undefined): OwnPart {
    const giveUp = new AbortController();
    return { giveUp, signal: giveUp.signal, done: Promise.resolve(), isLost: false, topicId };
  }

  /** Each is had until its work has ended: until then it can still be lost. */
  async function giveUp(ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const part = parts.get(id);
        part?.giveUp.abort();
        await part?.done;
        if (parts.get(id) === part) parts.delete(id);
      }),
    );
  }

  return {
    expect(partitions) {
      for (const each of partitions) parts.set(idOf(each), newPart(each.topicId));
    },
    begin(positions) {
      return positions.filter((from) => {
        const part = parts.get(idOf(from));
        if (!part || part.signal.aborted) return false;
        part.done = work(from, part).catch(failed.reject);
        return true;
      });
    },
    give: (up) => giveUp(up.map(idOf)),
    lose(lost) {
      for (const id of lost.map(idOf)) {
        const part = parts.get(id);
        if (!part) continue;
        part.isLost = true;
        part.giveUp.abort();
        parts.delete(id);
      }
    },
    end: () => giveUp([...parts.keys()]),
    failed: failed.promise,
  };
}
