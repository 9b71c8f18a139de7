import { deadLetterTopic } from '@brew/events';
import { DeadLetterFailedError } from './errors.ts';
import { gather } from './gather.ts';
import type { Producer } from './producer.ts';
import { type OutgoingRecord, type ReceivedRecord, rawPartsOf } from './record.ts';

/** Why a record was parked: it failed, or it came behind one of its key that is parked and must not overtake it. */
export type Failure =
  | { reason: 'failed'; error: unknown; attempts: number; firstFailedAt: Date; lastFailedAt: Date }
  | { reason: 'key_parked' };

export interface DeadLetters {
  /** Which of these keys of a topic are parked: their later records go to the dead letters, behind them. */
  parkedKeys(topic: string, keys: string[]): Promise<Set<string>>;
  /** Resolves when the record is safe in the dead letters; until then its offset does not move. */
  park(record: ReceivedRecord, failure: Failure): Promise<void>;
}

/** The memory of which keys are parked. It outlives the process, so that a restart doesn't let one overtake. */
export interface ParkedKeys {
  has(topic: string, keys: string[]): Promise<Set<string>>;
  add(topic: string, key: string): Promise<void>;
}

export interface DeadLetterQueueOptions {
  producer: Pick<Producer, 'send'>;
  group: string;
  /** Left out, nothing waits behind a dead letter of its key: for who does not depend on the order of a key's records. */
  parkedKeys?: ParkedKeys;
}

/** After this the consumer gives a sign of life and tries again: the producer by itself would never give up. */
const SEND_MS = 5_000;

/** The topic GROUP.dlq: records as they came, and in their headers where they came from and what was wrong. */
export function createDeadLetterQueue({ producer, group, parkedKeys }: DeadLetterQueueOptions): DeadLetters {
  const topic = deadLetterTopic(group).name;

  /** All partitions ask at about the same time: one look for all of a topic. */
  const lookUp = gather(
    async (questions: readonly { source: string; keys: string[] }[]) => {
      const parked = new Map<string, Set<string>>();
      for (const [source, asked] of Map.groupBy(questions, (question) => question.source)) {
        const keys = asked.flatMap((question) => question.keys);
        parked.set(source, (await parkedKeys?.has(source, keys)) ?? new Set());
      }
      return questions.map(({ source, keys }) => new Set(keys.filter((key) => parked.get(source)?.has(key))));
    },
    { limit: 5_000, sizeOf: ({ keys }) => keys.length, concernsAll: () => true },
  );

  return {
    async parkedKeys(source, keys) {
      return keys.length === 0 ? new Set() : lookUp({ source, keys });
    },

    async park(record, failure) {
      const letter = letterOf(record, failure, group);
      try {
        await producer.send([letter], { signal: AbortSignal.timeout(SEND_MS) });
      } catch (error) {
        throw new DeadLetterFailedError(topic, error);
      }
      // After the record: a key that is marked without its record would send its successors after nobody.
      if (record.key !== null && failure.reason === 'failed') await parkedKeys?.add(record.topic, record.key);
    },
  };
}

/** What GROUP.dlq gets of a record: its bytes as they came, and beside its headers where it came from and why it is there. */
export function letterOf(record: ReceivedRecord, failure: Failure, group: string): OutgoingRecord {
  const { key, headers } = rawPartsOf(record);
  return {
    topic: deadLetterTopic(group).name,
    key,
    value: record.value,
    headers: { ...headers, ...provenanceOf(record, failure, group) },
    timestamp: record.timestamp,
  };
}

/** Long enough to find the line, short enough that the record still fits the topic. */
const MAX_STACK = 8_000;
const MAX_MESSAGE = 2_000;

/** The headers that tell where a record came from and why it is here, as text. */
export function provenanceOf(
  record: ReceivedRecord,
  failure: Failure,
  group: string,
): Record<string, string> {
  return {
    dlq_group: group,
    dlq_reason: failure.reason,
    dlq_source_topic: record.topic,
    dlq_source_partition: String(record.partition),
    dlq_source_offset: String(record.offset),
    dlq_source_timestamp: record.timestamp.toISOString(),
    ...(failure.reason === 'failed' && {
      ...errorHeaders(failure.error),
      dlq_attempts: String(failure.attempts),
      dlq_first_failed_at: failure.firstFailedAt.toISOString(),
      dlq_last_failed_at: failure.lastFailedAt.toISOString(),
    }),
  };
}

function errorHeaders(error: unknown): Record<string, string> {
  if (!(error instanceof Error))
    return { dlq_error_name: typeof error, dlq_error_message: cut(String(error)) };
  return {
    dlq_error_name: error.name,
    dlq_error_message: cut(error.message),
    ...('code' in error && { dlq_error_code: String(error.code) }),
    dlq_error_stack: (error.stack ?? '').slice(0, MAX_STACK),
  };
}

const cut = (text: string) => text.slice(0, MAX_MESSAGE);
