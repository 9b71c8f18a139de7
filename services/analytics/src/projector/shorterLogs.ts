import { LogTruncatedError, OffsetOutOfRangeError } from '@brew/kafka';
import type { Reader } from '@brew/kafka/reader';
import type { Database } from '@brew/postgres';
import { remadeFor } from '../replay/stand.ts';
import { noteShorterLogs, positionsOf, type StoredPosition } from '../store/generations.ts';
import type { CodedGeneration } from './fed.ts';

/**
 * Makes sure that no position lies behind the end of its log, as it does when Kafka was restored or has lost what it had acknowledged: once that
 * has been so, other records have its offsets, and reading on from there would leave them out without a word. So it is put down, for as long as
 * these generations live.
 * @throws LogTruncatedError
 */
export async function assertNoneShorter(
  db: Database,
  reader: Pick<Reader, 'offsets' | 'topicIds'>,
  topics: readonly string[],
  generations: readonly CodedGeneration[],
): Promise<void> {
  const [ends, ids] = [await reader.offsets(topics, 'latest'), await reader.topicIds(topics)];
  for (const generation of generations) {
    const remade = await remadeFor(db, generation, { ids });
    await noteShorterLogs(
      db,
      generation,
      ends.filter(({ topic }) => !remade.has(topic)),
    );
  }
  for (const positions of (await positionsOf(db, generations)).values()) {
    const error = shorterLog(positions);
    if (error) throw error;
  }
}

/** Which log was found to be shorter than what was read of it. Undefined: none. */
export function shorterLog(positions: readonly StoredPosition[]): LogTruncatedError | undefined {
  const first = positions.find(({ logEnded }) => logEnded !== undefined);
  if (first === undefined) return undefined;
  const why = `its log ended at offset ${first.logEnded} when that was found, and what came there since is not counted`;
  return new LogTruncatedError(first.topic, first.partition, first.offset, why);
}

/** Whether records that come next, or were read, are not there any more: only a rebuild goes on behind that. */
export const isLoss = (error: unknown): error is OffsetOutOfRangeError | LogTruncatedError =>
  error instanceof OffsetOutOfRangeError || error instanceof LogTruncatedError;

export const tellLoss = ({ message }: OffsetOutOfRangeError | LogTruncatedError): string =>
  `${message} Build anew from what is there: npx brew replay analytics`;
