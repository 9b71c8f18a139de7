import { userInfo } from 'node:os';
import { confirm } from '../confirm.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { counted } from '../text/format.ts';
import { createUpdates } from '../text/screen.ts';
import { dryRun, inBatches, nothing, type Totals } from './batches.ts';
import { ask, askSummary, type Group, groupNamed, type Server } from './groups.ts';
import type { Batch, Letter, LetterDetails } from './letters.ts';
import { isDone, renderBatch, renderOutcome, renderPlan, renderProgress, renderRest } from './renderAct.ts';
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
 * @returns whether all of it was done: false if any failed, if all were left as they are, if it was interrupted, or a person said no
 * @throws ArgumentInvalidError, RequestFailedError: then all that was said before is done
 */
export async function act(
  what: 'redrive' | 'discard',
  name: string,
  selection: Selection,
  options: ActOptions,
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const group = groupNamed(name, server);
  const { by = whoami(), why, rate } = options;
  const request = { selection, by, ...(why !== undefined && { why }), ...(rate !== undefined && { rate }) };

  if (options.dryRun) {
    const { letters, skipped } = await dryRun(what, group, request, signal);
    if (options.json) {
      await io.out(JSON.stringify({ event: 'planned', letters, skipped }));
      return true;
    }
    const look = { now: new Date(), columns: io.columns(), paint: io.paint };
    if (letters.length > 0) for (const line of renderLetters(letters, look)) await io.out(line);
    for (const line of renderBatch({ skipped }, name, look)) await io.out(line);
    await io.out(renderPlan(what, letters.length));
    return true;
  }
  if (what === 'discard' && !options.yes && !('ids' in selection && selection.ids.length === 1)) {
    const { letters } = await dryRun(what, group, request, signal);
    if (letters.length > 1) {
      const answer = await confirm(`Discard ${counted(letters.length, 'letter')} of ${name}, for good?`);
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

  const progress = await createProgress(io, options, (totals) => sizeOf(selection, group, totals));
  const begun = performance.now();
  let done: Totals = { ...nothing, action: '' };
  /** What was the first of its key that waits, when its batch was done. */
  const heads = new Set<string>();
  const ended = async (interrupted = false) => {
    progress.close();
    const ms = performance.now() - begun;
    if (options.json) return io.out(JSON.stringify({ event: 'done', ...done, ms: Math.round(ms) }));
    await io.out(renderOutcome(what, name, done, { ms, interrupted, selection }, io.paint));
    for (const line of renderRest(name, await stillWaiting(group, heads), io.paint)) await io.out(line);
    if (done.discarded > 0) await io.out(UNDONE);
  };
  let isComplete: boolean;
  try {
    isComplete = await inBatches(
      what,
      group,
      request,
      async (batch, totals) => {
        done = totals;
        for (const id of batch.stillWaiting ?? []) heads.add(id);
        await progress.show(batch, totals, name);
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
  return isDone(done) && isComplete;
}

/** How many letters there are to go through, where that is known: with those that are done already. */
async function sizeOf(
  selection: Selection,
  group: Group,
  { redriven, alreadyDone, discarded }: Totals,
): Promise<number | undefined> {
  if ('ids' in selection) return selection.ids.length;
  if (!('all' in selection)) return undefined;
  const summary = await askSummary(group).catch(() => undefined);
  return summary && summary.waiting + redriven + alreadyDone + discarded;
}

/** More than these nobody looks at. */
const HEADS = 100;

/** Of these letters those that wait; a later batch may have taken some of them. */
async function stillWaiting(group: Group, ids: ReadonlySet<string>): Promise<Letter[]> {
  const asked = [...ids].slice(0, HEADS).map((id) => ask<LetterDetails>(group, `/${id}`));
  // What was done is told all the same.
  const found = await Promise.all(asked).catch(() => []);
  return found.filter(({ status }) => status === 'waiting');
}

const UNDONE =
  'What was discarded stays undone: an order may never end because of it. npx brew verify --databases shows such orders, two minutes after their payment, and npx brew overdue, which ends them, after an hour (OVERDUE_AFTER_SECONDS); the way back is in npx brew dlq discard --help.';

/** Where nothing can be rewritten, a line now and then is enough. */
const LINE_MS = 2_000;

async function createProgress(
  io: Io,
  { json }: ActOptions,
  sizeAt: (totals: Totals) => Promise<number | undefined>,
) {
  if (json) {
    return { show: (batch: Batch) => io.out(JSON.stringify({ event: 'batch', ...batch })), close() {} };
  }
  const begun = performance.now();
  const screen = io.columns() > 0 ? await createUpdates() : undefined;
  let saidAt = begun;
  let size: Promise<number | undefined> | undefined;
  return {
    async show(batch: Batch, totals: Totals, group: string): Promise<void> {
      const lines = renderBatch(batch, group, { paint: io.paint, columns: io.columns() });
      if (lines.length > 0) {
        screen?.clear();
        for (const line of lines) await io.out(line);
      }
      const line = async () => {
        size ??= sizeAt(totals);
        return renderProgress(totals, performance.now() - begun, await size);
      };
      if (screen) screen(await line());
      else if (performance.now() - saidAt > LINE_MS) {
        saidAt = performance.now();
        await io.out(await line());
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
