import { masked } from './masked.ts';

/** A record of the metadata log, as DumpLogSegments prints it. */
export interface MetadataRecord {
  /** In the log; in a snapshot its place in that file, as what it stands for lies at many offsets. */
  offset: number;
  time: Date;
  /** As the schemas of Kafka name it: TopicRecord, PartitionChangeRecord, …; LeaderChange and the like for control records. */
  type: string;
  /** Without passwords and what they could be told from. */
  data: Readonly<Record<string, unknown>>;
}

/** What a line of DumpLogSegments says. */
export type DumpLine =
  | { kind: 'file'; path: string }
  /** Comes before its records. `end`: where the next one begins, in bytes. */
  | { kind: 'batch'; nextOffset: number; end: number }
  | { kind: 'record'; record: MetadataRecord };

const FILE = /^Dumping (?<path>.+)$/;
const BATCH =
  /^baseOffset: \d+ lastOffset: (?<last>\d+) .* position: (?<position>\d+) .* size: (?<size>\d+) /;
const RECORD =
  /^\| offset: (?<offset>\d+) \w+: (?<time>-?\d+) .*?headerKeys: \[.*?\] (?<name>\w+):? (?<content>.*)$/s;

/**
 * Reads a line of `DumpLogSegments --cluster-metadata-decoder`, of Kafka 3.9 or newer.
 * @returns undefined for what says nothing of records, such as "Found 22 invalid bytes at the end of …": the end of a batch that is just
 *   being written
 */
export function parseDumpLine(line: string): DumpLine | undefined {
  // Of the three, records are by far the most.
  if (line.startsWith('| ')) {
    const { offset, time, name = '', content = '' } = RECORD.exec(line)?.groups ?? {};
    if (offset === undefined) return undefined;
    return {
      kind: 'record',
      record: { offset: Number(offset), time: new Date(Number(time)), ...contentOf(name, content) },
    };
  }
  const batch = BATCH.exec(line)?.groups;
  if (batch) {
    return {
      kind: 'batch',
      nextOffset: Number(batch.last) + 1,
      end: Number(batch.position) + Number(batch.size),
    };
  }
  const path = FILE.exec(line)?.groups?.path;
  return path === undefined ? undefined : { kind: 'file', path };
}

/** `payload: {type, version, data}`; control records have their name instead: `LeaderChange: {…}`, `SnapshotHeader {…}`. */
function contentOf(name: string, content: string): Pick<MetadataRecord, 'type' | 'data'> {
  try {
    const parsed = JSON.parse(content) as Record<string, unknown>;
    if (name !== 'payload') return { type: name, data: parsed };
    return { type: camelCase(String(parsed.type)), data: masked(parsed.data as Record<string, unknown>) };
  } catch {
    // A record that is newer than the tool: "Error at 12, skipping. …"
    return { type: 'Unreadable', data: { problem: content } };
  }
}

const camelCase = (name: string): string =>
  name.replace(/([A-Z])([A-Z]*)(_|$)/g, (_all, first: string, rest: string) => first + rest.toLowerCase());
