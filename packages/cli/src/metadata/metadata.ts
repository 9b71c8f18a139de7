import type { Io } from '../io.ts';
import { follow } from './follow.ts';
import { type Reading, readLog } from './readLog.ts';
import { renderRecord, renderReport, renderTopic } from './renderMetadata.ts';
import { printed, reportOf, topicMetadata } from './report.ts';
import { filesOf, type LogFile } from './source/nodeLog.ts';
import { openSource, type Source, type SourceOptions } from './source/source.ts';

export interface MetadataOptions extends SourceOptions {
  topic?: string;
  /** Goes on with what is written, until the signal is aborted. */
  follow?: boolean;
  json?: boolean;
}

/**
 * Shows what is in a node's copy of the metadata log.
 * @param brewDir whose system is looked at when no folder is named
 * @throws what openSource throws; TopicUnrecordedError; JdkMissingError, MavenMissingError; BrewError when DumpLogSegments gives up
 */
export async function metadata(
  options: MetadataOptions,
  brewDir: string,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  await using source = await openSource(options, brewDir);
  const { node, place, choice, folder } = source;
  const which = choice === 1 || options.node !== undefined ? '' : ` of ${choice} nodes`;
  io.note(io.paint('dim', `${node}${which}: ${place}`));
  const files = await filesOf(folder);
  const reading = await readLog(files, source.startIn(folder), { topic: options.topic, signal });
  if (signal.aborted) return;
  if (options.follow) return await showNews(options, source, { files, reading }, io, signal);
  const lines = options.json
    ? [JSON.stringify(resultOf(options, source, reading), null, 2)]
    : textOf(options, source, reading, io);
  for (const line of lines) await io.out(line);
}

const resultOf = ({ topic }: MetadataOptions, source: Source, reading: Reading) =>
  topic === undefined ? reportOf(source, reading) : topicMetadata(source, reading, topic);

function textOf({ topic }: MetadataOptions, source: Source, reading: Reading, io: Io): string[] {
  const look = { columns: io.columns(), paint: io.paint };
  return topic === undefined
    ? renderReport(reportOf(source, reading), look)
    : renderTopic(topicMetadata(source, reading, topic), reading, look);
}

/** The topic's records so far, and then those that come; without a topic only those that come. */
async function showNews(
  { topic, json }: MetadataOptions,
  source: Source,
  { files, reading }: { files: readonly LogFile[]; reading: Reading },
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, records } = reading;
  const show = (dumped: (typeof records)[number]) =>
    io.out(
      json
        ? JSON.stringify(printed(dumped, catalog))
        : renderRecord(dumped, catalog, { columns: io.columns(), paint: io.paint }),
    );
  for (const record of records) await show(record);
  if (topic !== undefined && records.length === 0)
    io.note(`No record tells of a topic ${topic} yet; those that come are shown.`);
  io.note(
    io.paint('dim', 'Waiting for records, without the NoOpRecords of every half second. Ctrl-C ends it.'),
  );

  const keptUp = source.keepUp(signal);
  const from = endOfLog(files, reading);
  for await (const dumped of follow({
    ...{ folder: source.folder, from, signal, note: io.note },
    startIn: source.startIn,
  })) {
    catalog.apply(dumped.record);
    if (topic === undefined || catalog.topicOf(dumped.record) === topic) await show(dumped);
  }
  await keptUp;
}

/** Behind a snapshot, a segment begins that may not be there yet. */
function endOfLog(files: readonly LogFile[], { end }: Reading): Reading['end'] {
  const last = files.at(-1);
  if (last === undefined || last.kind === 'log') return end;
  return { file: `${String(last.offset).padStart(20, '0')}.log`, position: 0, nextOffset: last.offset };
}
