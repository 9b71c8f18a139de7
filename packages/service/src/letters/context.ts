import { type Codec, type KafkaClient, verdictOf, within } from '@brew/kafka';
import { type Database, isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import type { ChunkProcessor } from '../unitOfWork/processChunk.ts';
import { type LetterIndex, LettersUnknownError } from './letterIndex.ts';

/** What the routes of the dead letters are made with. */
export interface LetterContext {
  /** The consumer group, whose letters they are. */
  group: string;
  db: Database;
  client: KafkaClient;
  codec: Pick<Codec, 'decodeValue'>;
  letterIndex: Pick<LetterIndex, 'catchUp' | 'movedAt' | 'asOf'>;
  /** Whether records of a key wait behind a dead letter of it. */
  parksKeys: boolean;
  /** What handles the group's records; undefined where nothing does that a redrive could ask. */
  chunks: ChunkProcessor | undefined;
  /** What to do instead of a redrive, where there are no handlers. */
  insteadOfRedrive: string;
  log: Logger;
}

/**
 * Takes everything into the table that is in the dead letter topic now.
 * @throws an outage, always: whatever keeps us from knowing all letters says nothing about those that we know
 */
export async function catchUp({ group, letterIndex }: LetterContext): Promise<void> {
  try {
    await letterIndex.catchUp();
  } catch (error) {
    throw verdictOf(error, isOutage) === 'outage' ? error : new LettersUnknownError(`${group}.dlq`, error);
  }
}

/** How long nothing may get on. Well below what whoever looks waits for an answer (dlq/groups.ts of the command line). */
const LOOK_MS = 4_000;

/** The same for who shows what is known, and since when: without Kafka that has to do, and soon. */
export async function tryToCatchUp(context: LetterContext): Promise<void> {
  const caughtUp = catchUp(context).catch((error) =>
    context.log.warn({ err: error }, 'the dead letters are shown as they were known last'),
  );
  const began = performance.now();
  for (;;) {
    const gotOnAt = Math.max(began, context.letterIndex.movedAt);
    const leftMs = gotOnAt + LOOK_MS - performance.now();
    if (leftMs <= 0 || (await within(leftMs, caughtUp))) return;
  }
}
