import { join, resolve } from 'node:path';
import { BrewError } from '@brew/events';
import { findRun, layout, startKafkaTool } from '@brew/sandbox';
import { ArgumentInvalidError, FileUnreadableError } from '../../errors.ts';
import type { StartDump } from '../dump.ts';
import { containerSource, kafkaContainers } from './containers.ts';
import { filesOf, findNodeLogs, type NodeLog, newestOf } from './nodeLog.ts';

/** Where a node's metadata log is read. */
export interface Source extends AsyncDisposable {
  node: string;
  /** What the user knows that place by. */
  place: string;
  /** Its folder, or a copy of it. */
  folder: string;
  /** How many nodes there were to choose from. */
  choice: number;
  /** Starts DumpLogSegments with files of a folder. */
  startIn(folder: string): StartDump;
  /** Sees to it that the folder has what the node writes, until the signal is aborted. */
  keepUp(signal: AbortSignal): Promise<void>;
}

export interface SourceOptions {
  node?: string;
  dir?: string;
}

/**
 * Of the folder that is named, of the system that runs from `brewDir`, of containers that docker compose runs, or of what the last run
 * left: that node which is named, or the one whose log goes furthest.
 * @throws FileUnreadableError, ArgumentInvalidError, or BrewError when there is nothing to read
 */
export async function openSource(options: SourceOptions, brewDir: string): Promise<Source> {
  if (options.dir !== undefined) {
    const folder = resolve(options.dir);
    const logs = await findNodeLogs(folder);
    if (logs.length === 0)
      throw new FileUnreadableError(
        folder,
        'it has no __cluster_metadata-0. A node has one in its metadata.log.dir, or else in the first of its log.dirs, once it was formatted and started',
      );
    return await folderSource(logs, options);
  }
  const kept = await findNodeLogs(layout(brewDir).data).catch(() => []);
  const containers = (await findRun(brewDir)) ? [] : await kafkaContainers();
  if (containers.length > 0) {
    const container = chosen(containers, options.node) ?? containers[0];
    if (container) return await containerSource(container, containers.length);
  }
  if (kept.length === 0)
    throw new BrewError(
      'BREW_NOT_RUNNING',
      `There is no metadata log in ${brewDir}, and no Kafka container of docker compose runs. Start Brew with: npm start; or name the data folder of another node with --dir.`,
    );
  return await folderSource(kept, options);
}

async function folderSource(logs: readonly NodeLog[], { node: wanted }: SourceOptions): Promise<Source> {
  const found = chosen(logs, wanted) ?? (await newestOf(logs));
  if (found === undefined || (await filesOf(found.folder)).length === 0)
    throw new FileUnreadableError(
      found?.folder ?? logs.map(({ folder }) => folder).join(' and '),
      'nothing has been written yet. Start the cluster first',
    );
  const { node, folder } = found;
  return {
    ...{ node, folder, place: folder, choice: logs.length },
    startIn: (inside) => (files) =>
      startKafkaTool('kafka.tools.DumpLogSegments', [
        '--cluster-metadata-decoder',
        '--files',
        files.map((file) => join(inside, file)).join(),
      ]),
    keepUp: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

/** @throws ArgumentInvalidError */
function chosen<Each extends { node: string }>(
  choice: readonly Each[],
  wanted: string | undefined,
): Each | undefined {
  if (wanted === undefined) return undefined;
  const found = choice.find(({ node }) => node === wanted);
  if (found) return found;
  throw new ArgumentInvalidError(
    `There is no metadata log of a node ${wanted}.`,
    `Take one of: ${choice.map(({ node }) => node).join(', ')}.`,
  );
}
