import type { Reader } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import type { Position } from '../build/positions.ts';
import type { CodedGeneration } from '../projector/fed.ts';
import { topicIdsIn } from '../store/generations.ts';

/** What the topics are like now. */
export interface TopicsNow {
  earliest: readonly Position[];
  latest: readonly Position[];
  ids: ReadonlyMap<string, string>;
}

export async function topicsNow(reader: Reader, topics: readonly string[]): Promise<TopicsNow> {
  // First: where a topic is made anew meanwhile, they don't fit what comes after, and that is noticed.
  const ids = await reader.topicIds(topics);
  const earliest = await reader.offsets(topics, 'earliest');
  return { earliest, latest: await reader.offsets(topics, 'latest'), ids };
}

/** The topics that a generation has read before they were deleted and made anew. */
export async function remadeFor(
  tx: Tx,
  generation: Pick<CodedGeneration, 'projection' | 'number'>,
  { ids }: Pick<TopicsNow, 'ids'>,
): Promise<ReadonlySet<string>> {
  const known = await topicIdsIn(tx, generation);
  return new Set([...known].filter(([topic, id]) => (ids.get(topic) ?? id) !== id).map(([topic]) => topic));
}

/**
 * The place in the topics as they are now at which a generation has read all that it can have read, and nothing else: where it is, or the
 * beginning of a partition that it has not read or of which what it would read next was deleted, or the end of a log that is shorter than what
 * it has read. Such a log may have grown since that was found: then where it ended.
 */
export async function standOf(tx: Tx, generation: CodedGeneration, now: TopicsNow): Promise<Position[]> {
  const remade = await remadeFor(tx, generation, now);
  const stored = new Map(generation.positions.map((at) => [placeOf(at), at.logEnded ?? at.offset]));
  const ends = new Map(now.latest.map((at) => [placeOf(at), at.offset]));
  return now.earliest.map((begin) => {
    const read = remade.has(begin.topic) ? undefined : stored.get(placeOf(begin));
    const end = ends.get(placeOf(begin));
    const offset = read !== undefined && end !== undefined && end < read ? end : read;
    return offset === undefined || offset < begin.offset ? begin : { ...begin, offset };
  });
}

/** The earlier of both in each partition. */
export const earlierOf = (these: readonly Position[], those: readonly Position[]): Position[] =>
  these.map((one) => {
    const other = those.find((at) => placeOf(at) === placeOf(one));
    return other && other.offset < one.offset ? other : one;
  });

export const distanceOf = (positions: readonly Position[]): number =>
  positions.reduce((sum, { offset }) => sum + Number(offset), 0);

export const placeOf = ({ topic, partition }: Pick<Position, 'topic' | 'partition'>): string =>
  `${topic}/${partition}`;
