import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, processIdentity, runVariable, uniqueName } from '@brew/sandbox/testing';
import { endRun, removeFolder } from './endRun.ts';

/** One run of the tests. All that it starts and writes can be told from what is others', also when nobody is left to end it. */
export interface TestRun extends AsyncDisposable {
  /** What its folder, containers, volumes and networks are called by. */
  name: string;
  /** Where all of it goes that would go to the system's folder for temporary files. */
  folder: string;
  /** Leaves its folder to who wants to read the logs in it; the next run removes it. */
  keepFiles(): void;
}

const PREFIX = 'brew-test-run';
const ownerFile = (folder: string) => join(folder, 'owner.json');

/**
 * Begins a run. Ends what was left by runs that were killed. From now on, what this process starts carries the run's name in its environment
 * and has its temporary files in the run's folder; what of it is still there when the run ends, or is interrupted, is ended with it.
 */
export async function beginTestRun(): Promise<TestRun> {
  const temporary = tmpdir();
  for (const name of readdirSync(temporary).filter((entry) => entry.startsWith(`${PREFIX}-`))) {
    const folder = join(temporary, name);
    if (await ownerLives(folder)) continue;
    console.log(`Removing what an earlier test run has left: ${folder}`);
    await endRun(name);
    await removeFolder(folder);
  }

  const name = uniqueName(PREFIX);
  const folder = join(temporary, name);
  const owner = { pid: process.pid, identity: await processIdentity(process.pid) };
  // It never is there without its owner: a run that begins at the same moment would take it for a leftover.
  const coming = join(temporary, `new-${name}`);
  // Others may enter: root lends PostgreSQL to another user.
  mkdirSync(coming, { mode: 0o755 });
  writeFileSync(ownerFile(coming), JSON.stringify(owner));
  renameSync(coming, folder);
  Object.assign(process.env, { [runVariable]: name, TMPDIR: folder });

  let keep = false;
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= endRun(name).then(() => (keep ? undefined : removeFolder(folder)));
    return ending;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once(): what thinks that nobody else listens, as a library does that this process has loaded, ends it at the first signal.
    process.on(signal, () => {
      console.log(`\n${signal}: ending what this run has started …`);
      // What is under way fails now, and would tell of nothing but that.
      console.log = () => {};
      console.error = console.log;
      void end().finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
  const keepFiles = () => {
    keep = true;
  };
  return { name, folder, keepFiles, [Symbol.asyncDispose]: end };
}

async function ownerLives(folder: string): Promise<boolean> {
  try {
    return await isAlive(JSON.parse(readFileSync(ownerFile(folder), 'utf8')));
  } catch {
    return false;
  }
}
