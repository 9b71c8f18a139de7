import { userInfo } from 'node:os';
import { confirm } from '../confirm.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { counted } from '../text/format.ts';
import { createUpdates } from '../text/screen.ts';
import { dryRun, inBatches, nothing, type Totals } from './batches.ts';
import { type Server, urlOf } from './groups.ts';
import type { Batch } from './letters.ts';
import { renderBatch, renderOutcome, renderProgress } from './renderAct.ts';
import { renderLetters } from './renderLetters.ts';
import type { Filter, Selection } from './selection.ts';

export interface ActOptions extends Filter {
  all?: boolean;
  dryRun?: boolean;
  by?: string;
  why?: string;
  yes?: boolean;
  json?: boolean;
  /** Letters a second. */
  rate?: number;
}

/**
 * Has a service redrive letters of its group, or discard them.
 * @returns whether all of it was done: false if any failed, or it was interrupted, or a person said no
 * @throws ArgumentInvalidError, RequestFailedError: then all that was said before is done
 */
export async function act(
  what: 'redrive' | 'discard',
  group: string,
  selection: Selection,
  options: ActOptions,
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const url = urlOf(group, server);
  const { by = whoami(), why, rate } = options;
  const request = { selection, by, ...(why !== undefined && { why }), ...(rate !== undefined && { rate }) };

  if (options.dryRun) {
    const { letters, skipped } = await dryRun(what, url, request, signal);
    if (options.json) {
      await io.out(JSON.stringify({ event: 'planned', letters, skipped }));
      return true;
    }
    const look = { now: new Date(), columns: io.columns(), paint: io.paint };
    if (letters.length > 0) for (const line of renderLetters(letters, look)) await io.out(line);
    for (const line of renderBatch({ skipped }, group, io.paint)) await io.out(line);
    await io.out(`Nothing was done: ${counted(letters.length, 'letter')} would go, in this order.`);
    return true;
  }
  if (what === 'discard' && !options.yes && !('ids' in selection && selection.ids.length === 1)) {
    const { letters } = await dryRun(what, url, request, signal);
    if (letters.length > 1) {
      const answer = await confirm(`Discard ${counted(letters.length, 'letter')} of ${group}, for good?`);
      if (answer === undefined) {
        throw new ArgumentInvalidError(
          `That discards ${counted(letters.length, 'letter')}, and nobody can be asked here.`,
          'Say so with --yes; see them with --dry-run.',
        );
      }
      if (!answer) {
        io.note('Nothing was discarded.');
        return false;
      }
    }
  }

  const begun = performance.now();
  const progress = await createProgress(io, options);
  let done: Totals = { ...nothing, action: '' };
  const ended = async (interrupted = false) => {
    progress.close();
    const ms = performance.now() - begun;
    if (options.json) await io.out(JSON.stringify({ event: 'done', ...done, ms: Math.round(ms) }));
    else await io.out(renderOutcome(what, group, done, { ms, interrupted }, io.paint));
  };
  let isComplete: boolean;
  try {
    isComplete = await inBatches(
      what,
      url,
      request,
      async (batch, totals) => {
        done = totals;
        await progress.show(batch, totals, group);
      },
      signal,
    );
  } catch (error) {
    // What went wrong is said behind it.
    if (done.action !== '') await ended();
    throw error;
  } finally {
    progress.close();
  }
  await ended(!isComplete);
  return done.failed === 0 && isComplete;
}

/** Where nothing can be rewritten, a line now and then is enough. */
const LINE_MS = 2_000;

async function createProgress(io: Io, { json }: ActOptions) {
  if (json) {
    return { show: (batch: Batch) => io.out(JSON.stringify({ event: 'batch', ...batch })), close() {} };
  }
  const begun = performance.now();
  const screen = io.columns() > 0 ? await createUpdates() : undefined;
  let saidAt = begun;
  return {
    async show(batch: Batch, totals: Totals, group: string): Promise<void> {
      const lines = renderBatch(batch, group, io.paint);
      if (lines.length > 0) {
        screen?.clear();
        for (const line of lines) await io.out(line);
      }
      const line = renderProgress(totals, performance.now() - begun);
      if (screen) screen(line);
      else if (performance.now() - saidAt > LINE_MS) {
        saidAt = performance.now();
        await io.out(line);
      }
    },
    close: () => screen?.clear(),
  };
}

/** The name of who types; in a container there may be none. */
function whoami(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
