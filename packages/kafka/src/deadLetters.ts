import { deadLetterTopic } from '@brew/events';
import { type Letter, letterOf, letterOfGap, pointerOf, sizeOf } from './deadLetters/letter.ts';
import { within } from './delay.ts';
import { DeadLetterFailedError, isContentRefused } from './errors.ts';
import type { Gap } from './fetched.ts';
import { gather } from './gather.ts';
import type { Producer } from './producer.ts';
import { type OutgoingRecord, type ReceivedRecord, rawPartsOf } from './record.ts';

export type { Failure, Letter } from './deadLetters/letter.ts';

export interface DeadLetters {
  /** Which of these records, all of one topic, have a key that is parked: they go to the dead letters, behind it. */
  behindParked(records: readonly ReceivedRecord[]): Promise<ReadonlySet<ReceivedRecord>>;
  /**
   * Resolves when the records are safe in the dead letters, in this order; until then no offset moves. Whoever asks again asks with the same
   * array.
   * @throws DeadLetterFailedError after five seconds at most
   */
  park(letters: readonly Letter[]): Promise<void>;
  /** Resolves when the dead letters say that these offsets were stepped over. */
  tell(gap: Gap): Promise<void>;
}

/** The memory of which keys are parked. It outlives the process, so that a restart doesn't let one overtake. */
export interface ParkedKeys {
  /** Those of `keys` that are parked. */
  has(topic: string, keys: readonly Buffer[]): Promise<readonly Buffer[]>;
  add(topic: string, keys: readonly Buffer[]): Promise<void>;
}

export interface DeadLetterQueueOptions {
  /** Best one of its own: in a queue with others, a letter would wait for what they send, and they for it. */
  producer: Pick<Producer, 'send'> & Partial<Pick<Producer, 'lastError'>>;
  group: string;
  /** Left out, nothing waits behind a dead letter of its key: for who does not depend on the order of a key's records. */
  parkedKeys?: ParkedKeys;
}

/** After this the consumer gives a sign of life and asks again: the producer by itself never gives up. */
const PATIENCE_MS = 5_000;

/** What any topic takes. */
const SMALL_LETTER = 256 * 1024;

/** More than any topic of ours takes, and far below what a broker takes for a request (100 MiB): it would hang up without a word. */
const LARGEST_LETTER = 16 * 1024 * 1024;

/** The topic GROUP.dlq: records as they came, and in their headers where they came from and what was wrong. */
export function createDeadLetterQueue({ producer, group, parkedKeys }: DeadLetterQueueOptions): DeadLetters {
  const topic = deadLetterTopic(group).name;

  /** All partitions ask at about the same time: one look for all of a topic. @returns the ids of those that are parked */
  const lookUp = gather(
    async (questions: readonly { source: string; keys: ReadonlyMap<string, Buffer> }[]) => {
      const parked = new Map<string, ReadonlySet<string>>();
      for (const [source, asked] of Map.groupBy(questions, (question) => question.source)) {
        const keys = new Map(asked.flatMap((question) => [...question.keys]));
        parked.set(source, new Set((await parkedKeys?.has(source, [...keys.values()]))?.map(idOf)));
      }
      return questions.map(({ source }) => parked.get(source) ?? new Set<string>());
    },
    { limit: 5_000, sizeOf: ({ keys }) => keys.size, concernsAll: () => true },
  );

  async function send(letters: readonly OutgoingRecord[]): Promise<void> {
    try {
      await producer.send(letters);
    } catch (error) {
      throw isContentRefused(error) ? error : new DeadLetterFailedError(topic, error);
    }
  }

  const underWay = new WeakMap<object, Promise<void>>();

  /** Who asks again for what is still under way waits for that: sent a second time, it would be there twice. */
  async function once(what: object, sending: () => Promise<void>): Promise<void> {
    const sent = underWay.get(what) ?? sending();
    underWay.set(what, sent);
    if (!(await within(PATIENCE_MS, sent))) {
      const why = producer.lastError ?? new Error(`no answer within ${PATIENCE_MS / 1_000} s`);
      throw new DeadLetterFailedError(topic, why);
    }
    await sent.catch((error) => {
      underWay.delete(what);
      throw error;
    });
  }

  /** What Kafka refuses for what it is, too large as a rule, becomes a letter that points to it. */
  async function sendLarge(letter: Letter): Promise<void> {
    try {
      if (sizeOf(letter) <= LARGEST_LETTER) return await send([letterOf(letter, group)]);
    } catch (error) {
      if (!isContentRefused(error)) throw error;
    }
    await send([pointerOf(letter, group)]);
  }

  /** Large ones alone: if one of many were refused, the others would have to be sent again, and some would be there twice. */
  async function sendAll(letters: readonly Letter[]): Promise<void> {
    let small: Letter[] = [];
    const flush = async () => {
      const some = small;
      small = [];
      if (some.length > 0) await send(some.map((letter) => letterOf(letter, group)));
    };
    for (const letter of letters) {
      if (sizeOf(letter) <= SMALL_LETTER) {
        small.push(letter);
        continue;
      }
      await flush();
      await sendLarge(letter);
    }
    await flush();
  }

  return {
    async behindParked(records) {
      const [first] = records;
      if (!first || !parkedKeys) return new Set();
      const keys = new Map<string, Buffer>();
      for (const record of records) {
        const { key } = rawPartsOf(record);
        if (key !== null) keys.set(idOf(key), key);
      }
      if (keys.size === 0) return new Set();
      const parked = await lookUp({ source: first.topic, keys });
      return new Set(
        records.filter((record) => {
          const { key } = rawPartsOf(record);
          return key !== null && parked.has(idOf(key));
        }),
      );
    },

    async park(letters) {
      await once(letters, () => sendAll(letters));
      // After the records: a key that is marked without its record would send its successors after nobody.
      const failed = letters.filter(({ failure }) => failure.reason === 'failed');
      for (const [source, of] of Map.groupBy(failed, ({ record }) => record.topic)) {
        const keys = of.flatMap(({ record }) => rawPartsOf(record).key ?? []);
        if (keys.length > 0) await parkedKeys?.add(source, keys);
      }
    },

    tell: (gap) => once(gap, () => send([letterOfGap(gap, group)])),
  };
}

const idOf = (key: Buffer): string => key.toString('latin1');
