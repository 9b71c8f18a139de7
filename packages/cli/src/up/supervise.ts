import { aborted } from '@brew/kafka';
import { describeFate, startSystem as realStartSystem, type Step, type System } from '@brew/sandbox';
import { exitCodes } from '../errors.ts';
import { onSignals } from '../signals.ts';
import type { UpSettings } from './settings.ts';
import type { View } from './views.ts';

export interface SuperviseOptions {
  settings: UpSettings;
  view: View;
  /** Called when everything runs, for what shows it; disposed of before anything stops. */
  follow?: () => AsyncDisposable;
  /** Starts the system; tests have another one. */
  startSystem?: typeof realStartSystem;
}

/** A start that was given up by Ctrl-C: 128 + SIGINT, as shells have it. */
const GIVEN_UP = 130;

/**
 * Starts everything, shows what happens, and stops it when a signal asks for it; a second signal stops it at once.
 * A process that dies is shown, takes nothing else down, and is started again: people kill things on purpose, to see what happens.
 *
 * @returns the exit code
 * @throws BrewError when the start fails; what had been started is stopped
 */
export async function supervise({
  settings,
  view,
  follow,
  startSystem = realStartSystem,
}: SuperviseOptions): Promise<number> {
  const asked = new AbortController();
  let system: System | undefined;
  using _ = onSignals(
    () => asked.abort(new Error('The start was given up.')),
    () => {
      view.say('Stopping at once.');
      void system?.stop({ now: true });
    },
  );
  try {
    system = await start(startSystem, settings, view, asked.signal);
    if (system === undefined) return GIVEN_UP;
    const feed = follow?.();
    view.live();
    await aborted(asked.signal);
    view.close();
    await feed?.[Symbol.asyncDispose]();
    await stop(system, view, settings.dir);
    return exitCodes.ok;
  } finally {
    view.close();
  }
}

/** Undefined when it was given up. */
async function start(
  startSystem: typeof realStartSystem,
  settings: UpSettings,
  view: View,
  signal: AbortSignal,
): Promise<System | undefined> {
  const { dir, ports, rate, speed, kafka, equalPriorities } = settings;
  const onGivenUp = () => view.say('Giving up the start; stopping what has been started …');
  signal.addEventListener('abort', onGivenUp, { once: true });
  try {
    return await startSystem({
      dir,
      ...(ports && { ports }),
      rate,
      speed,
      kafka,
      equalPriorities,
      signal,
      // Steps that fail because others did would hide the one that matters.
      onStep: (step) => !signal.aborted && view.step(step),
      onExit: ({ message }, name) => view.died({ name, message }),
      onFate(name, fate) {
        view.say(fate ? describeFate(name, fate) : `${name} is started.`);
        if (fate === undefined || fate.state === 'back') view.back(name);
      },
      onDisk: (text) => view.say(text),
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
  view.say(`Stopped. The data is kept in ${dir}.`);
  view.say('npm start goes on with it; npx brew down removes it.');
}

const stopped = (name: string, ms: number): Step => ({ name: `${name} stopped`, state: 'done', ms });
