import { BrewError } from '@brew/events';
import { similar } from '../text/similar.ts';
import type { Assignment, Catalog } from './catalog.ts';
import type { DumpedRecord } from './dump.ts';
import type { ReadFile, Reading } from './readLog.ts';
import type { Source } from './source/source.ts';

/** What `brew metadata --json` prints. */
export interface MetadataReport {
  node: string;
  place: string;
  files: ReadFile[];
  /** Records by type; those of the snapshot apart, as most of them are of what is, or was, in the log. */
  counts: { type: string; log: number; snapshot: number }[];
  topics: number;
  partitions: number;
}

/** A record as it is printed: with its file, and its topic by name. */
export interface PrintedRecord {
  file: string;
  offset: number;
  time: string;
  type: string;
  topic: string | null;
  data: Readonly<Record<string, unknown>>;
}

/** What `brew metadata --topic NAME --json` prints. */
export interface TopicMetadata {
  node: string;
  place: string;
  topic: string;
  /** More than one: it was deleted, and made again. */
  ids: string[];
  deleted: boolean;
  /** In their order; those from a snapshot have their place in it as offset. */
  records: PrintedRecord[];
  /** As the records leave them; none of a topic that was deleted. */
  partitions: Assignment[];
}

type Named = Pick<Source, 'node' | 'place'>;

export function reportOf({ node, place }: Named, { files, catalog }: Reading): MetadataReport {
  const types = [...new Set(files.flatMap(({ counts }) => Object.keys(counts)))];
  const count = (type: string, kind: ReadFile['kind']) =>
    files.filter((file) => file.kind === kind).reduce((sum, { counts }) => sum + (counts[type] ?? 0), 0);
  const topics = catalog.topics().filter(({ deleted }) => !deleted);
  return {
    ...{ node, place, files },
    counts: types
      .map((type) => ({ type, log: count(type, 'log'), snapshot: count(type, 'snapshot') }))
      .sort((a, b) => b.log - a.log || b.snapshot - a.snapshot || (a.type < b.type ? -1 : 1)),
    topics: topics.length,
    partitions: topics.reduce((sum, { partitions }) => sum + partitions.size, 0),
  };
}

/** @throws TopicUnrecordedError */
export function topicMetadata({ node, place }: Named, reading: Reading, topic: string): TopicMetadata {
  const { catalog, records } = reading;
  const known = catalog.topics();
  const found = known.filter(({ name }) => name === topic);
  const last = found.at(-1);
  if (last === undefined)
    throw new TopicUnrecordedError(
      topic,
      place,
      known.map(({ name }) => name),
    );
  return {
    ...{ node, place, topic },
    ids: found.map(({ id }) => id),
    deleted: last.deleted,
    records: records.map((record) => printed(record, catalog)),
    partitions: last.deleted ? [] : [...last.partitions.values()].sort((a, b) => a.partition - b.partition),
  };
}

export function printed({ file, record }: DumpedRecord, catalog: Catalog): PrintedRecord {
  const { offset, time, type, data } = record;
  return { file, offset, time: time.toISOString(), type, topic: catalog.topicOf(record) ?? null, data };
}

/** No record tells of the topic: it was never made on this cluster, or was deleted before the newest snapshot. */
class TopicUnrecordedError extends BrewError {
  constructor(topic: string, place: string, known: readonly string[]) {
    const near = similar(topic, known);
    const todo =
      near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Look at its name: npx brew topics.';
    super('BREW_TOPIC_MISSING', `No record in ${place} tells of a topic ${topic}. ${todo}`);
  }
}
