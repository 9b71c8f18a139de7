import { uniqueName } from '@brew/sandbox/testing';
import { type Consumer, type ConsumerOptions, createConsumer } from '../consumer.ts';
import { createDeadLetterQueue } from '../deadLetters.ts';
import { createFollower, type Follower, type FollowerOptions } from '../follower.ts';
import type { Producer } from '../producer.ts';
import type { ReceivedRecord } from '../record.ts';
import { clientOf, createDeadLetterTopic, log, textOf } from './kafka.ts';

/** Those of one test who read: consumers of a group of its own, and followers. */
export interface TestGroup {
  name: string;
  /** Where its dead letters go. */
  letters: string;
  /** From the beginning, unless said. `kept` is what it was given. */
  consume(topic: string, options?: Partial<ConsumerOptions>): Promise<{ consumer: Consumer; kept: string[] }>;
  /** The same for a follower, which has caught up. */
  follow(topic: string, options?: Partial<FollowerOptions>): Promise<{ follower: Follower; kept: string[] }>;
  end(): Promise<void>;
}

export async function createTestGroup(producer: Producer): Promise<TestGroup> {
  const name = uniqueName('group');
  const letters = await createDeadLetterTopic(name);
  const client = clientOf();
  const running: AsyncDisposable[] = [];
  return {
    name,
    letters,
    async consume(topic, options = {}) {
      const kept: string[] = [];
      const consumer = createConsumer({
        client,
        group: name,
        topics: [topic],
        from: 'beginning',
        process: async (records) => void kept.push(...records.map(textOf)),
        deadLetters: createDeadLetterQueue({ producer, group: name }),
        log,
        ...options,
      });
      running.push(consumer);
      await consumer.start();
      return { consumer, kept };
    },
    async follow(topic, options = {}) {
      const kept: string[] = [];
      const onRecords = (records: ReceivedRecord[]) => void kept.push(...records.map(textOf));
      const follower = createFollower({
        client,
        name,
        topics: [topic],
        from: 'beginning',
        onRecords,
        log,
        ...options,
      });
      running.push(follower);
      await follower.start();
      await follower.whenCaughtUp();
      return { follower, kept };
    },
    async end() {
      await Promise.all(running.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** So many values that begin alike: a0, a1, a2 … */
export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
