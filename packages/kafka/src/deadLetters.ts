import { deadLetterTopic } from '@brew/events';
import { type Letter, letterOf, letterOfGap, pointerOf, sizeOf } from './deadLetters/letter.ts';
import { within } from './delay.ts';
import { DeadLetterFailedError, isContentRefused } from './errors.ts';
import type { Gap } from './fetched.ts';
import { gather } from './gather.ts';
import type { Producer } from './producer.ts';
import { idOfKey, type OutgoingRecord, type ReceivedRecord, rawKeyOf } from './record.ts';

export type { Failure, Letter } from './deadLetters/letter.ts';

export interface DeadLetters {
  /** Which of these records, all of one topic, have a key that is parked: they go to the dead letters, behind it. */
  behindParked(records: readonly ReceivedRecord[]): Promise<ReadonlySet<ReceivedRecord>>;
  /**
   * Resolves when the records are safe in the dead letters, in this order; until then no offset moves. Whoever asks again asks with the same
   * array.
   * @returns those that are not there, because their key was let go since they were found to be behind it: they are to be handled
   * @throws DeadLetterFailedError after five seconds at most, and what the memory of parked keys says
   */
  park(letters: readonly Letter[]): Promise<ReadonlySet<ReceivedRecord>>;
  /** Resolves when the dead letters say that these offsets will never be read. */
  tell(gap: Gap): Promise<void>;
  /** Whether somebody has looked at what was told of a gap, and discarded it: reading may go on without its records. */
  isDiscarded(gap: Gap): Promise<boolean>;
}

/** The memory of which keys are parked. It outlives the process, so that a restart doesn't let one overtake. */
export interface ParkedKeys {
  /** Those of `keys` that are parked: a look, which holds nothing. */
  has(topic: string, keys: readonly Buffer[]): Promise<readonly Buffer[]>;
  /**
   * Does `work` while nobody else parks these keys or lets them go; those of `mark` become parked. What `work` gets says of each key whether it is
   * parked. When it throws, no key is parked that was not before.
   */
  hold<Result>(
    keys: { mark: readonly TopicKey[]; ask: readonly TopicKey[] },
    work: (isParked: (topic: string, key: Buffer) => boolean) => Promise<Result>,
  ): Promise<Result>;
}

export interface TopicKey {
  topic: string;
  key: Buffer;
}

export interface DeadLetterQueueOptions {
  /** Best one of its own: in a queue with others, a letter would wait for what they send, and they for it. */
  producer: Pick<Producer, 'send'> & Partial<Pick<Producer, 'lastError'>>;
  group: string;
  /** Left out, nothing waits behind a dead letter of its key: for who does not depend on the order of a key's records. */
  parkedKeys?: ParkedKeys;
  /** Left out, nobody can discard a letter: where records were lost, only other offsets of the group let it go on. */
  isDiscarded?: DeadLetters['isDiscarded'];
}

/** After this the consumer gives a sign of life and asks again: the producer by itself never gives up. */
const PATIENCE_MS = 5_000;

/** What any topic takes. */
const SMALL_LETTER = 256 * 1024;

/** More than any topic of ours takes, and far below what a broker takes for a request (100 MiB): it would hang up without a word. */
const LARGEST_LETTER = 16 * 1024 * 1024;

/** The topic GROUP.dlq: records as they came, and in their headers where they came from and what was wrong. */
export function createDeadLetterQueue(options: DeadLetterQueueOptions): DeadLetters {
  const { producer, group, parkedKeys } = options;
  const topic = deadLetterTopic(group).name;

  /** All partitions ask at about the same time: one look for all of a topic. @returns the ids of those that are parked */
  const lookUp = gather(
    async (questions: readonly { source: string; keys: ReadonlyMap<string, Buffer> }[]) => {
      const parked = new Map<string, ReadonlySet<string>>();
      for (const [source, asked] of Map.groupBy(questions, (question) => question.source)) {
        const keys = new Map(asked.flatMap((question) => [...question.keys]));
        parked.set(source, new Set((await parkedKeys?.has(source, [...keys.values()]))?.map(idOfKey)));
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

  const late = () =>
    new DeadLetterFailedError(
      topic,
      producer.lastError ?? new Error(`no answer within ${PATIENCE_MS / 1_000} s`),
    );

  /** Who asks again for what is still under way waits for that: sent a second time, it would be there twice. */
  async function once(what: object, sending: () => Promise<void>, until = inPatience()): Promise<void> {
    const sent = underWay.get(what) ?? sending();
    underWay.set(what, sent);
    if (!(await within(until - performance.now(), sent))) throw late();
    await sent.catch((error) => {
      underWay.delete(what);
      throw error;
    });
  }

  /** The size of the smallest letter that was refused: larger ones need not be sent to learn that again. */
  let refused = LARGEST_LETTER;

  /** What Kafka refuses for what it is, too large as a rule, becomes a letter that points to it. */
  async function sendLarge(letter: Letter): Promise<void> {
    const size = sizeOf(letter);
    try {
      if (size < refused) return await send([letterOf(letter, group)]);
    } catch (error) {
      if (!isContentRefused(error)) throw error;
      refused = Math.min(refused, size);
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

  /** What was begun to be sent of what `park` was asked for. It may be there, whatever came of it. */
  const begun = new WeakMap<readonly Letter[], readonly Letter[]>();
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: each has a connection of the pool while Kafka takes its letters, and sends are one after the other anyway. */
  async function inTurn<Result>(until: number, work: () => Promise<Result>): Promise<Result> {
    const before = turn;
    const over = Promise.withResolvers<void>();
    turn = before.then(() => over.promise);
    try {
      if (!(await within(until - performance.now(), before))) throw late();
      return await work();
    } finally {
      over.resolve();
    }
  }

  return {
    async behindParked(records) {
      const [first] = records;
      if (!first || !parkedKeys) return new Set();
      const keys = new Map<string, Buffer>();
      for (const record of records) {
        const key = rawKeyOf(record);
        if (key !== null) keys.set(idOfKey(key), key);
      }
      if (keys.size === 0) return new Set();
      const parked = await lookUp({ source: first.topic, keys });
      return new Set(
        records.filter((record) => {
          const key = rawKeyOf(record);
          return key !== null && parked.has(idOfKey(key));
        }),
      );
    },

    async park(letters) {
      const until = inPatience();
      const before = begun.get(letters);
      const sendNow = async (going: readonly Letter[]) => {
        begun.set(letters, going);
        if (going.length > 0) await once(going, () => sendAll(going), until);
        return going;
      };
      const hold = async (keys: ParkedKeys) => {
        // Danger zone: the keys are held until the letters are there. Without that, a redrive that finds no more letters of a key would let it go
        // while one is on its way, and what comes behind that one would overtake it. A letter that was under way when the patience ended
        // may be there by now, whoever let its key go meanwhile: it is marked again.
        const mark = before ?? letters.filter(({ failure }) => failure.reason === 'failed');
        const ask = before ? [] : letters.filter(({ failure }) => failure.reason === 'key_parked');
        return await keys.hold({ mark: keysOf(mark), ask: keysOf(ask) }, async (isParked) => {
          return await sendNow(
            before ?? letters.filter((letter) => keysOf([letter]).every((of) => isParked(of.topic, of.key))),
          );
        });
      };
      const sent = new Set(parkedKeys ? await inTurn(until, () => hold(parkedKeys)) : await sendNow(letters));
      return new Set(letters.filter((letter) => !sent.has(letter)).map(({ record }) => record));
    },

    tell: (gap) => once(gap, () => send([letterOfGap(gap, group)])),

    isDiscarded: async (gap) => (await options.isDiscarded?.(gap)) ?? false,
  };
}

const inPatience = (): number => performance.now() + PATIENCE_MS;

const keysOf = (letters: readonly Letter[]): TopicKey[] =>
  letters.flatMap(({ record }) => {
    const key = rawKeyOf(record);
    return key === null ? [] : [{ topic: record.topic, key }];
  });
