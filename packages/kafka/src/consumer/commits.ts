import type { Logger } from 'pino';
import type { Membership } from '../adapter.ts';
import { delay } from '../delay.ts';
import { kafkaErrorTypeOf, ReadRefusedError } from '../errors.ts';
import type { Position, TopicPartition } from '../record.ts';

export interface Commits {
  /** The group has done everything of the partition before this offset. */
  note(position: Position): void;
  /** Commits what was noted. Never throws: what could not be committed is tried again, for as long as the partition is ours. */
  flush(): Promise<void>;
  /** The same before these partitions are given up: again, where nobody answers, for some seconds. What is left then, others do again. */
  settle(partitions: readonly TopicPartition[]): Promise<void>;
  /** Partitions that are another's, who may be further than we were: what wasn't committed is dropped. */
  forget(partitions: readonly TopicPartition[]): void;
  /** Forgets all, and commits nothing any more. */
  end(): void;
}

/** A commit is a replicated write on the brokers. One after each chunk would cost more than the chunk's records. */
const COMMIT_EVERY_MS = 200;
/** After one that failed: of a partition to which nothing more comes, nobody would commit anything otherwise. */
const AGAIN_MS = 1_000;
/** Partitions that are given up are waited for. */
const SETTLE_MS = 4_000;
const SETTLE_AGAIN_MS = 200;

/** Gathers the offsets of the work that is done and commits them a few times a second, for all partitions at once. */
export function createCommits({ commit, log }: { commit: Membership['commit']; log: Logger }): Commits {
  let timer: NodeJS.Timeout | undefined;
  let committing: Promise<unknown> = Promise.resolve();
  const noted = new Map<string, Position>();
  const idOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

  /** @returns whether it was refused, which is so for good */
  async function commitNoted(): Promise<boolean> {
    if (noted.size === 0) return false;
    const offsets = [...noted.values()];
    try {
      await commit(offsets);
      for (const each of offsets) if (noted.get(idOf(each)) === each) noted.delete(idOf(each));
      return false;
    } catch (error) {
      log.debug({ err: error }, 'a commit failed: it is tried again');
      if (noted.size > 0) timer ??= setTimeout(flush, AGAIN_MS);
      return error instanceof ReadRefusedError || kafkaErrorTypeOf(error) !== undefined;
    }
  }

  function flush(): Promise<boolean> {
    clearTimeout(timer);
    timer = undefined;
    const flushed = committing.then(commitNoted);
    committing = flushed;
    return flushed;
  }

  return {
    note(position) {
      noted.set(idOf(position), position);
      timer ??= setTimeout(flush, COMMIT_EVERY_MS);
    },
    async flush() {
      await flush();
    },
    async settle(partitions) {
      const until = performance.now() + SETTLE_MS;
      while (!(await flush()) && partitions.some((each) => noted.has(idOf(each)))) {
        if (performance.now() > until) return;
        await delay(SETTLE_AGAIN_MS);
      }
    },
    forget(partitions) {
      for (const each of partitions) noted.delete(idOf(each));
    },
    end() {
      noted.clear();
      clearTimeout(timer);
    },
  };
}
