import { delay } from '../../../delay.ts';
import type { Brokers } from '../../../wire/brokers.ts';
import { produce } from './produce.ts';
import type { Batch, Target } from './targets.ts';

/** Produce requests, up to five under way to each broker. */
export interface Requests {
  /** Whether a broker may be sent a request now. */
  hasRoom(node: number): boolean;
  /** Sends the next batch of each of these partitions, which the broker leads. Never rejects. */
  post(node: number, batches: readonly Sending[]): Promise<Answered[]>;
}

export type Sending = readonly [target: Target, batch: Batch];

interface Answered {
  target: Target;
  batch: Batch;
  /** What the broker said. */
  answer?: { errorCode: number; baseOffset: bigint };
  /** Why there is no answer. */
  lost?: unknown;
}

const MOST_UNDER_WAY = 5;

/**
 * @param transactionalId null outside of transactions
 * @param onRoom told when a broker may be sent something again that had to be left alone, to keep to a quota
 */
export function createRequests(
  brokers: Pick<Brokers, 'connectionTo'>,
  {
    transactionalId,
    onRoom,
    signal,
  }: { transactionalId: string | null; onRoom: () => void; signal: AbortSignal },
): Requests {
  const underWay = new Map<number, number>();
  const throttled = new Set<number>();
  const count = (node: number) => underWay.get(node) ?? 0;

  function throttle(node: number, ms: number): void {
    throttled.add(node);
    delay(ms, signal).then(() => {
      throttled.delete(node);
      onRoom();
    });
  }

  return {
    hasRoom: (node) => count(node) < MOST_UNDER_WAY && !throttled.has(node),
    async post(node, batches) {
      underWay.set(node, count(node) + 1);
      let isSent = false;
      try {
        const connection = await brokers.connectionTo(node);
        isSent = true;
        const request = batches.map(([{ topic, partition }, { bytes }]) => ({
          ...{ topic, partition, bytes: bytes as Buffer },
        }));
        const { partitions, throttleMs } = await produce(connection, transactionalId, request);
        if (throttleMs > 0) throttle(node, throttleMs);
        const answers = new Map(partitions.map((each) => [`${each.topic}/${each.partition}`, each]));
        return batches.map(([target, batch]) => {
          const answer = answers.get(`${target.topic}/${target.partition}`);
          batch.inDoubt ||= answer === undefined;
          return answer
            ? { target, batch, answer }
            : { target, batch, lost: new Error('a broker left out a partition') };
        });
      } catch (error) {
        return batches.map(([target, batch]) => {
          batch.inDoubt ||= isSent;
          return { target, batch, lost: error };
        });
      } finally {
        underWay.set(node, count(node) - 1);
      }
    },
  };
}
