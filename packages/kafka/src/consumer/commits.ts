import type { Consumer as KafkaConsumer, TopicPartitionOffset } from 'kafkajs';
import type { Logger } from 'pino';

export interface Commits {
  /** The group has done everything before `nextOffset`. */
  note(topic: string, partition: number, nextOffset: bigint): void;
  /** Commits what was noted. Never throws: a commit that failed only means that records come again. */
  flush(): Promise<void>;
  /** After a rebalance a partition may be another's, who is further than we were: what wasn't committed is dropped. */
  forget(): void;
}

/** A commit is a replicated write on the brokers. One after each chunk would cost more than the chunk's records. */
const COMMIT_EVERY_MS = 200;

/** Gathers the offsets of the work that is done and commits them a few times a second, for all partitions at once. */
export function createCommits({ consumer, log }: { consumer: KafkaConsumer; log: Logger }): Commits {
  let timer: NodeJS.Timeout | undefined;
  let committing: Promise<void> = Promise.resolve();
  const noted = new Map<string, TopicPartitionOffset>();

  async function commit(): Promise<void> {
    if (noted.size === 0) return;
    const offsets = [...noted.values()];
    noted.clear();
    try {
      await consumer.commitOffsets(offsets);
    } catch (error) {
      log.debug({ err: error }, 'a commit failed; the next one carries on from there');
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    committing = committing.then(commit);
    return committing;
  }

  return {
    note(topic, partition, nextOffset) {
      noted.set(`${topic}/${partition}`, { topic, partition, offset: String(nextOffset) });
      timer ??= setTimeout(flush, COMMIT_EVERY_MS);
    },
    flush,
    forget: () => noted.clear(),
  };
}
