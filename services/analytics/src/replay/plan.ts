import type { Reader } from '@brew/kafka/reader';
import type { Position } from '../build/positions.ts';
import { placeOf } from './catchUp.ts';

/** What a replay will read. */
export interface Plan {
  partitions: { topic: string; partition: number; from: number; until: number }[];
  /** How many records, as far as is known now. */
  records: number;
  /** The topics of which something is gone that would have been read, as a rule because of their retention, and when they begin now. */
  incomplete: { topic: string; since: string | null }[];
}

/**
 * @param begin where it begins
 * @param resumed whether what was before that has been read already
 */
export async function makePlan(
  reader: Reader,
  topics: readonly string[],
  { begin, resumed }: { begin: readonly Position[]; resumed: boolean },
): Promise<Plan> {
  const ends = new Map((await reader.offsets(topics, 'latest')).map((at) => [placeOf(at), at.offset]));
  const partitions = begin.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    from: Number(offset),
    until: Number(ends.get(placeOf({ topic, partition })) ?? offset),
  }));
  return {
    partitions,
    records: partitions.reduce((sum, { from, until }) => sum + Math.max(0, until - from), 0),
    incomplete: resumed ? [] : await incompleteTopics(reader, topics, begin),
  };
}

/** From a time on as well: who begins with the first record that there is does not know what there was before. */
async function incompleteTopics(
  reader: Reader,
  topics: readonly string[],
  begin: readonly Position[],
): Promise<Plan['incomplete']> {
  const earliest = new Map((await reader.offsets(topics, 'earliest')).map((at) => [placeOf(at), at.offset]));
  const cut = begin.filter((at) => at.offset > 0n && at.offset === earliest.get(placeOf(at)));
  const incomplete: Plan['incomplete'] = [];
  for (const [topic, partitions] of Map.groupBy(cut, ({ topic }) => topic)) {
    const times = await Promise.all(partitions.map((at) => timeOf(reader, at)));
    const earliest = Math.min(...times.filter((time) => time !== undefined));
    incomplete.push({ topic, since: Number.isFinite(earliest) ? new Date(earliest).toISOString() : null });
  }
  return incomplete;
}

/** When the record at a position was written; undefined when there is none yet. */
async function timeOf(reader: Reader, { topic, partition, offset }: Position): Promise<number | undefined> {
  const [latest] = (await reader.offsets([topic], 'latest')).filter((at) => at.partition === partition);
  if (latest === undefined || latest.offset <= offset) return undefined;
  const range = { topic, partition, from: offset, until: latest.offset };
  // What nobody can read has no time that counts.
  for await (const records of reader.read([range], { onUnreadable: () => {} })) {
    if (records.next()) return records.timestamp;
  }
  return undefined;
}
