import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Stage } from './stage.ts';

/** Something that goes wrong, or is unusual, done to all subjects at the same time. */
export interface Scenario {
  /** As `--only` takes it. */
  name: string;
  /** What is done: a row's head. */
  title: string;
  /** Of each subject's topic; by default 6. */
  partitions?: number;
  /** For how long nothing may be read before nothing more is expected, in milliseconds; by default 40 s. */
  patienceMs?: number;
  /** Whether a record that is in the topic twice makes a cell red. */
  exactlyOnce?: true;
  /** Whether records are deleted before they are read: a client that says so is right. */
  deletes?: true;
  /** Does it. What the subjects make of it, is judged when it comes back: then producers are ended, and all has to be read. */
  play(cast: Cast): Promise<void>;
}

export interface Cast {
  stages: readonly Stage[];
  cluster: Cluster;
  /** From 0 to 1, exclusive; the same ones for the same seed. */
  random: () => number;
  /** A line of what happens. */
  say(what: string): void;
}

/** So many records each of them has read before anything is done to it. */
const WARM = 2_000;
const WARM_MS = 60_000;
/** Whoever has not gone on by then, on however busy a machine, never will: that is accused. */
const RECOVERY_MS = 90_000;
const ENOUGH_ROUNDS = 10;
const ENOUGH_DEEDS = 1_000;
/** Of normal life, behind it. */
const AFTER_MS = 3_000;

/** Resolves when it is so, or the time is over. @returns whether it is so */
export async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + ms; ; ) {
    if (await isSo()) return true;
    if (performance.now() > deadline) return false;
    await delay(50);
  }
}

/** Waits until each subject reads. @throws when one does not, though nothing was done to it yet */
export async function untilWarm(stages: readonly Stage[]): Promise<void> {
  await Promise.all(
    stages.map(async ({ subject, members }) => {
      if (!(await within(WARM_MS, () => members.deeds.length >= WARM)))
        throw new Error(`${subject.title} has read ${members.deeds.length} records in ${WARM_MS / 1_000} s`);
    }),
  );
}

/** Waits until each subject writes and reads again what comes from now on, or is not expected to any more. */
export async function untilRecovered({ stages, say }: Cast, recoveryMs = RECOVERY_MS): Promise<void> {
  const begun = performance.now();
  await Promise.all(
    stages.map(async (stage) => {
      const [rounds, deeds] = [stage.rounds, stage.members.deeds.length];
      const goesOn = () =>
        stage.rounds >= rounds + ENOUGH_ROUNDS && stage.members.deeds.length >= deeds + ENOUGH_DEEDS;
      const isOn = await within(recoveryMs, goesOn);
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      say(`${stage.subject.title} ${isOn ? 'goes on' : 'has not gone on'} within ${seconds} s`);
      if (!isOn) stage.accuse(`had not gone on ${recoveryMs / 1_000} s after the fault`);
    }),
  );
  await delay(AFTER_MS);
}

/** A producer and two members for each subject, under load; then it is done. */
export async function underLoad(
  cast: Cast,
  options: Parameters<Stage['join']>[0],
  deed: () => Promise<void>,
): Promise<void> {
  await start(cast.stages, options);
  await deed();
  await untilRecovered(cast);
}

export async function start(
  stages: readonly Stage[],
  options: Parameters<Stage['join']>[0] = {},
): Promise<void> {
  await Promise.all(
    stages.map(async (stage) => {
      const members = [stage.join(options), stage.join(options)];
      await Promise.all(members.map(({ ready }) => ready));
      await stage.produce(options);
    }),
  );
  await untilWarm(stages);
}
