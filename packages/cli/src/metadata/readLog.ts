import { type Catalog, createCatalog } from './catalog.ts';
import { type DumpedRecord, dump, type FileEnd, type StartDump } from './dump.ts';
import type { LogFile } from './source/nodeLog.ts';

/** A file of the log, and how many records of each type are in it. */
export interface ReadFile {
  name: string;
  kind: LogFile['kind'];
  /** The first that is in a log; of a snapshot always 0, as it is the state that all records together have led to. */
  firstOffset: number;
  /** The last that is in it, or in it as state; null when there is none. */
  lastOffset: number | null;
  bytes: number;
  records: number;
  counts: Record<string, number>;
}

/** The metadata log of a node, read once. */
export interface Reading {
  files: ReadFile[];
  catalog: Catalog;
  /** Whether the log's beginning is gone, so that what was in it can only be told from the snapshot. */
  snapshotNeeded: boolean;
  /** Those of the topic that was asked for. */
  records: DumpedRecord[];
  end: FileEnd;
}

/**
 * Reads the newest snapshot and the segments of a node.
 * @param topic whose records are kept
 * @throws what `dump` throws
 */
export async function readLog(
  files: readonly LogFile[],
  start: StartDump,
  { topic, signal }: { topic: string | undefined; signal: AbortSignal },
): Promise<Reading> {
  const snapshot = files.find(({ kind }) => kind === 'snapshot');
  const snapshotNeeded = snapshot !== undefined && files.find(({ kind }) => kind === 'log')?.offset !== 0;
  // A snapshot's records and those that led to it say the same twice.
  const known = snapshotNeeded ? snapshot.offset : 0;
  const catalog = createCatalog();
  const read = new Map(files.map((file) => [file.name, emptyOf(file)]));
  const records: DumpedRecord[] = [];

  const dumped = dump(
    start,
    files.map(({ name }) => name),
    signal,
  );
  for (;;) {
    const next = await dumped.next();
    if (next.done) return { files: [...read.values()], catalog, snapshotNeeded, records, end: next.value };
    const { file: name, record } = next.value;
    const file = read.get(name);
    if (file === undefined) continue;
    file.records += 1;
    file.counts[record.type] = (file.counts[record.type] ?? 0) + 1;
    if (file.kind === 'log') file.lastOffset = record.offset;
    if (file.kind === 'snapshot' ? snapshotNeeded : record.offset >= known) catalog.apply(record);
    else catalog.remember(record);
    const counts = file.kind === 'log' || snapshotNeeded;
    if (topic !== undefined && counts && catalog.topicOf(record) === topic) records.push(next.value);
  }
}

const emptyOf = ({ name, kind, offset, bytes }: LogFile): ReadFile => ({
  ...{ name, kind, bytes, records: 0, counts: {} },
  firstOffset: kind === 'log' ? offset : 0,
  lastOffset: kind === 'log' || offset === 0 ? null : offset - 1,
});
