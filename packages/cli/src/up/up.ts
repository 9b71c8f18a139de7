import { topics } from '@brew/events';
import { findRun, removeData } from '@brew/sandbox';
import { type Addresses, addressesOf } from '../addresses.ts';
import { describeError, exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { type Board, createBoard } from '../live/board.ts';
import { type Feed, startFeed } from '../live/feed.ts';
import { addressLines, addressRows } from '../status/renderStatus.ts';
import { duration } from '../text/format.ts';
import { createUpdates } from '../text/screen.ts';
import { createChildView } from './childView.ts';
import { createPlainView } from './plainView.ts';
import { readSettings, type UpOptions } from './settings.ts';
import { supervise } from './supervise.ts';
import type { View } from './views.ts';
import { writeLine } from './writeLine.ts';

/**
 * Starts everything and shows it, or, detached, leaves it running.
 * @returns the exit code
 * @throws BrewError when the start fails
 */
export async function up(options: UpOptions, io: Io): Promise<number> {
  const startedAt = Date.now();
  const settings = await readSettings(options, process.env);
  if (options.supervise) return superviseForParent(options, settings);
  if (options.fresh) await removeData(settings.dir);

  const topicNames = Object.values(topics).map(({ name }) => name);
  const board = createBoard(topicNames);
  let feed: Feed | undefined;
  const addresses = addressesOf(settings.ports);
  const view = await createView({ io, board, startedAt, addresses, stale: () => feed?.problem() });
  if (!options.detach) {
    const follow = () => {
      feed = startFeed(board, topicNames, addresses);
      return feed;
    };
    return supervise({ settings, view, follow });
  }

  const { detach } = await import('./detach.ts');
  const code = await detach(settings, options, view);
  if (code !== exitCodes.ok) return code;
  const run = await findRun(settings.dir);
  await io.out('');
  await io.out(io.paint('bold', `Brew runs, after ${duration(Date.now() - startedAt)}.`));
  for (const line of addressLines(addressesOf(run?.ports))) await io.out(`  ${line}`);
  await io.out('');
  await io.out(
    'Next: npx brew order | watch | status | logs SERVICE; npx brew stop ends it, npx brew down removes its data.',
  );
  return exitCodes.ok;
}

/** The process that stays: its parent shows what it tells, and after that its log does. */
async function superviseForParent(
  options: UpOptions,
  settings: Awaited<ReturnType<typeof readSettings>>,
): Promise<number> {
  const view = createChildView(writeLine);
  try {
    return await supervise({ settings, view });
  } catch (error) {
    const { text, exitCode } = describeError(error, { verbose: options.verbose === true });
    view.failed(text);
    return exitCode;
  }
}

interface ViewOptions {
  io: Io;
  board: Board;
  startedAt: number;
  addresses: Addresses;
  stale(): string | undefined;
}

async function createView({ io, board, startedAt, addresses, stale }: ViewOptions): Promise<View> {
  if (!process.stdout.isTTY) {
    return createPlainView({ write: writeLine, board, startedAt, addresses: addressLines(addresses) });
  }
  const { createTerminalView } = await import('./terminalView.ts');
  return createTerminalView({
    screen: await createUpdates(),
    stream: process.stdout,
    paint: io.paint,
    board,
    startedAt,
    addresses: addressRows(addresses),
    stale,
  });
}
