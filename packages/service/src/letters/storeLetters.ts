import { createHolding, type UnreadableBatchError } from '@brew/kafka';
import type { Reader, Records } from '@brew/kafka/reader';
import {
  type Database,
  insertLetters,
  type LetterPosition,
  letterPositions,
  moveLetterPosition,
  type NewLetter,
  sizeOfLetter,
} from '@brew/postgres';
import { lostLetters, newLetterOf } from './newLetter.ts';

export interface StoreLettersOptions {
  group: string;
  topic: string;
  db: Database;
  reader: Reader;
  signal: AbortSignal;
  /** Told what is waited for, before and after. */
  waitingFor(what: 'Kafka' | 'PostgreSQL'): void;
  /** Something is in the table that was not, or there is something to be read. */
  onProgress(left: boolean): void;
}

/** What is stored in one transaction. */
const LETTERS_AT_ONCE = 200;
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** What is to be read of a partition. */
interface Stretch {
  /** As it is in the database; undefined: nothing was read of it yet. */
  position: LetterPosition | undefined;
  partition: number;
  topicId: string;
  from: bigint;
  until: bigint;
  /** Below `from`, and deleted before anybody read it. */
  lost: NewLetter[];
}

/** Somebody else reads as well, and was faster. */
class OvertakenError extends Error {}

/**
 * Puts everything into the table that is in the topic now, and waits for what lies behind an open transaction: a key whose letter is there must
 * not be let go. Rows and positions are one transaction, and a position moves only from where it was
 * found: of several who read the same, one stores it, and the others look again. So nobody holds a connection while Kafka is asked.
 */
export async function storeLetters(options: StoreLettersOptions): Promise<void> {
  const ends = await options.reader.offsets([options.topic], 'written');
  for (;;) {
    const stretches = await unread(options, ends);
    if (stretches.length === 0) return;
    options.onProgress(true);
    try {
      await read(options, stretches);
    } catch (error) {
      if (!(error instanceof OvertakenError)) throw error;
    }
  }
}

/** Waits for PostgreSQL; everything else is Kafka. */
async function inDatabase<Result>(
  { waitingFor }: StoreLettersOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  waitingFor('PostgreSQL');
  try {
    return await work();
  } finally {
    waitingFor('Kafka');
  }
}

async function unread(
  options: StoreLettersOptions,
  ends: Awaited<ReturnType<Reader['offsets']>>,
): Promise<Stretch[]> {
  const { db, reader, topic } = options;
  const topicId = (await reader.topicIds([topic])).get(topic) ?? '';
  const known = await inDatabase(options, () => letterPositions(db));
  const positions = new Map(known.map((position) => [position.partition, position]));
  const open = ends.filter(({ partition, offset }) => {
    const position = positions.get(partition);
    return position?.topicId !== topicId || position.nextOffset < offset;
  });
  if (open.length === 0) return [];
  const starts = await reader.offsets([topic], 'earliest');
  return open.map(({ partition, offset: until }) => {
    const position = positions.get(partition);
    const earliest = starts.find((start) => start.partition === partition)?.offset ?? 0n;
    // Another topic of this name: nothing of it was read.
    const next = position?.topicId === topicId ? position.nextOffset : undefined;
    const isLost = next !== undefined && next < earliest;
    const why = 'These letters were deleted before they were read into the table.';
    return {
      ...{ position, partition, topicId, until },
      from: next === undefined || isLost ? earliest : next,
      lost: isLost ? [lostLetters({ topic, partition, from: next, until: earliest }, 'deleted', why)] : [],
    };
  });
}

async function read(options: StoreLettersOptions, stretches: readonly Stretch[]): Promise<void> {
  const { reader, topic, signal } = options;
  const stores = new Map(stretches.map((stretch) => [stretch.partition, createStore(options, stretch)]));
  const ranges = stretches
    .filter(({ from, until }) => from < until)
    .map(({ partition, from, until }) => ({ topic, partition, from, until }));
  const onUnreadable = (error: UnreadableBatchError) =>
    stores.get(error.partition)?.add(lostLetters(error, 'unreadable', error.message));
  for await (const records of reader.read(ranges, { only: true, signal, onUnreadable })) {
    await stores.get(records.partition)?.take(records);
  }
  // Behind the last record there may be offsets without one, such as the end of a transaction.
  for (const { partition, until } of stretches) await stores.get(partition)?.flush(until);
}

function createStore(options: StoreLettersOptions, stretch: Stretch) {
  const { group, db, onProgress } = options;
  const { partition, topicId } = stretch;
  let { position } = stretch;
  let letters = stretch.lost;
  let bytes = 0;
  let holding = createHolding();

  async function flush(nextOffset: bigint): Promise<void> {
    const to = { partition, topicId, nextOffset };
    const isThere = position?.topicId === topicId && position.nextOffset >= nextOffset;
    if (isThere && letters.length === 0) return;
    const store = () =>
      db.transaction(async (tx) => {
        if (!(await moveLetterPosition(tx, to, position))) throw new OvertakenError();
        await insertLetters(tx, letters);
      });
    await inDatabase(options, store);
    position = to;
    letters = [];
    bytes = 0;
    holding = createHolding();
    onProgress(true);
  }

  return {
    add: (letter: NewLetter) => void letters.push(letter),
    async take(records: Records): Promise<void> {
      while (records.next()) {
        const record = records.received();
        if (holding.wouldBeTooMuch(record)) await flush(record.offset);
        holding.add(record);
        const letter = newLetterOf(record, group);
        letters.push(letter);
        bytes += sizeOfLetter(letter);
        if (letters.length >= LETTERS_AT_ONCE || bytes >= BYTES_AT_ONCE) await flush(records.offset + 1n);
      }
      await flush(records.nextOffset);
    },
    flush,
  };
}
