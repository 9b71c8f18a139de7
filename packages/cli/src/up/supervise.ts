import { type Step, type System, startSystem } from '@brew/sandbox';
import { addressesOf } from '../addresses.ts';
import { exitCodes } from '../errors.ts';
import type { Board } from '../live/board.ts';
import { type Feed, startFeed } from '../live/feed.ts';
import type { UpSettings } from './settings.ts';
import type { View } from './views.ts';

export interface SuperviseOptions {
  settings: UpSettings;
  view: View;
  /** Shown live; left out, nobody looks, and no topic is read. */
  board?: Board | undefined;
  /** Told of the feed, so that the view can say when nothing comes. */
  onFeed?: (feed: Feed) => void;
}

/** A start that was given up by Ctrl-C: 128 + SIGINT, as shells have it. */
const GIVEN_UP = 130;
/** Signals that end it in order; a terminal that is closed sends SIGHUP, and must leave nothing behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts everything, shows what happens, and stops it when a signal asks for it; a second signal stops it at once.
 * A process that dies is shown, and takes nothing else down: people kill things on purpose, to see what happens.
 *
 * @returns the exit code
 * @throws BrewError when the start fails; what had been started is stopped
 */
export async function supervise({ settings, view, board, onFeed }: SuperviseOptions): Promise<number> {
  const asked = new AbortController();
  let system: System | undefined;
  const onSignal = () => {
    if (!asked.signal.aborted) return asked.abort(new Error('The start was given up.'));
    view.say('Stopping at once.');
    void system?.stop({ now: true });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    system = await start(settings, view, asked.signal);
    if (system === undefined) return GIVEN_UP;
    const feed = board && startFeed(board, addressesOf(settings.ports));
    if (feed) onFeed?.(feed);
    view.live();
    await aborted(asked.signal);
    view.close();
    await feed?.[Symbol.asyncDispose]();
    await stop(system, view, settings.dir);
    return exitCodes.ok;
  } finally {
    view.close();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Undefined when it was given up. */
async function start(settings: UpSettings, view: View, signal: AbortSignal): Promise<System | undefined> {
  const { dir, ports, rate, speed } = settings;
  const onGivenUp = () => view.say('Giving up the start; stopping what has been started …');
  signal.addEventListener('abort', onGivenUp, { once: true });
  try {
    return await startSystem({
      dir,
      ...(ports && { ports }),
      rate,
      speed,
      signal,
      // Steps that fail because others did would hide the one that matters.
      onStep: (step) => !signal.aborted && view.step(step),
      onExit: ({ message }, name) => view.died({ name, message }),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    view.say('Stopped.');
    return undefined;
  } finally {
    signal.removeEventListener('abort', onGivenUp);
  }
}

/** Looks every tenth of a second who is gone: that is what "stopping" is made of. */
async function stop(system: System, view: View, dir: string): Promise<void> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  let running = system.processes().map(({ name }) => name);
  const look = () => {
    const left = new Set(system.processes().map(({ name }) => name));
    for (const name of running) if (!left.has(name)) view.step(stopped(name, ms()));
    running = running.filter((name) => left.has(name));
  };
  view.say('Stopping; once more Ctrl-C stops at once.');
  const timer = setInterval(look, 100);
  try {
    await system.stop();
  } finally {
    clearInterval(timer);
    look();
  }
  view.say(`Stopped. The data is kept in ${dir}; npm start goes on with it, npx brew down removes it.`);
}

const stopped = (name: string, ms: number): Step => ({ name: `${name} stopped`, state: 'done', ms });

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
