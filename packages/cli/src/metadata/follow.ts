import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delay } from '@brew/kafka';
import { type DumpedRecord, dump, type FileEnd, type StartDump } from './dump.ts';
import { type Batch, endOf, isIdle, readBatches } from './source/batches.ts';
import { filesOf } from './source/nodeLog.ts';

/** How often the log is looked at: it costs next to nothing. */
const LOOK_MS = 100;
/** While the node runs, it gets a NoOpRecord every half second. */
const SILENT_MS = 5_000;

export interface FollowOptions {
  /** Where the node's log is. */
  folder: string;
  /** Where to go on. */
  from: FileEnd;
  /** Starts DumpLogSegments with files of a folder of ours: the new batches are put into one, and nothing else. */
  startIn: (folder: string) => StartDump;
  /** Told once that nothing comes any more, or that records were taken back. */
  note: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Records as they are written, without NoOpRecords, until the signal is aborted.
 * @throws what `dump` throws
 */
export async function* follow(options: FollowOptions): AsyncGenerator<DumpedRecord> {
  const { startIn, signal } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'brew-metadata-follow-'));
  try {
    for await (const { file, batches } of newBatches(options)) {
      const [first] = batches;
      if (first === undefined) continue;
      // Its name tells the tool at which offset it begins.
      const name = `${String(first.baseOffset).padStart(20, '0')}.log`;
      await writeFile(join(scratch, name), Buffer.concat(batches.map(({ bytes }) => bytes)));
      for await (const { record } of dump(startIn(scratch), [name], signal)) {
        if (record.type !== 'NoOpRecord') yield { file, record };
      }
      await rm(join(scratch, name));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What has come since the last time, each time anything has: while a dump runs, news gather for the next one. */
async function* newBatches({
  folder,
  from,
  note,
  signal,
}: FollowOptions): AsyncGenerator<{ file: string; batches: Batch[] }> {
  let { file, position, nextOffset } = from;
  let heard = Date.now();
  while (!signal.aborted) {
    const size = await stat(join(folder, file)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size !== undefined && size < position) {
      ({ position, nextOffset } = await endOf(join(folder, file), nextOffset));
      note(
        `Records from offset ${nextOffset} on were taken back: they were not committed when the leader changed.`,
      );
    }
    const batches: Batch[] = [];
    if (size !== undefined && size > position) {
      for await (const batch of readBatches(join(folder, file), position)) {
        if (!isIdle(batch)) batches.push(batch);
        position = batch.position + batch.bytes.length;
        nextOffset = batch.nextOffset;
        heard = Date.now();
      }
    }
    if (batches.length > 0) yield { file, batches };
    // Only once all of this one has been read: the next begins where it ends.
    const next = (await filesOf(folder)).find((each) => each.kind === 'log' && each.offset >= nextOffset);
    if (next && next.name !== file) [file, position, nextOffset] = [next.name, 0, next.offset];
    else await delay(LOOK_MS, signal);
    if (Date.now() - heard > SILENT_MS) {
      heard = Number.POSITIVE_INFINITY;
      note(
        'This node has written nothing for 5 s, not even that it is alive. If it is down, follow another: --node.',
      );
    }
  }
}
