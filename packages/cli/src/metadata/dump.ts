import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BrewError } from '@brew/events';
import { type MetadataRecord, parseDumpLine } from './parseDump.ts';

/** A process whose output is read. */
type Tool = ChildProcess & { stdout: Readable; stderr: Readable };

/** Starts DumpLogSegments with these files of the node's folder. */
export type StartDump = (files: readonly string[]) => Promise<Tool>;

/** A record, and the file that it is in. */
export interface DumpedRecord {
  file: string;
  record: MetadataRecord;
}

/** Where a file's last whole batch ends. */
export interface FileEnd {
  file: string;
  position: number;
  nextOffset: number;
}

/**
 * Has Kafka's own DumpLogSegments read files, one after the other.
 * @returns where the last one ends
 * @throws BrewError with the tool's own last words; what `start` throws
 */
export async function* dump(
  start: StartDump,
  files: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<DumpedRecord, FileEnd> {
  const end: FileEnd = { file: '', position: 0, nextOffset: 0 };
  const tool = await start(files);
  const kill = () => tool.kill();
  signal.addEventListener('abort', kill);
  const closed = once(tool, 'close');
  const problems = text(tool.stderr);
  try {
    for await (const line of createInterface({ input: tool.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
      const said = parseDumpLine(line);
      if (said?.kind === 'file') Object.assign(end, { file: basename(said.path), position: 0 });
      if (said?.kind === 'batch') Object.assign(end, { position: said.end, nextOffset: said.nextOffset });
      if (said?.kind === 'record') yield { file: end.file, record: said.record };
    }
    const [code] = (await closed) as [number | null];
    if (code !== 0 && !signal.aborted) throw new DumpFailedError(await problems);
    return end;
  } finally {
    // Whoever reads may have seen enough.
    kill();
    signal.removeEventListener('abort', kill);
  }
}

/** DumpLogSegments gave up. Its own words tell why: a file that was removed meanwhile, or one that is damaged. */
class DumpFailedError extends BrewError {
  constructor(words: string) {
    const first = words.trim().split('\n').slice(0, 3).join('\n');
    super(
      'BREW_FILE_UNREADABLE',
      `Kafka's DumpLogSegments could not read the metadata log. Run it again, as Kafka may have removed a file meanwhile; it said:\n${first}`,
    );
  }
}
