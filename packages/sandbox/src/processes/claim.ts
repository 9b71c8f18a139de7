import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlreadyRunningError } from '../errors.ts';
import { layout } from '../paths.ts';
import { isAlive, processIdentity } from './processIdentity.ts';

/** Whom a folder belongs to: the content of a claim, which is empty once it was given up. */
interface Holder {
  pid: number;
  /** Tells it from a later process with the same pid. */
  identity: string;
}

/** A folder that is ours. */
export interface Claim {
  /** Gives it free for the next one. */
  release(): Promise<void>;
}

/**
 * Makes a folder of the sandbox belong to this process alone, until it gives it free or dies.
 *
 * One file that says who has it, and that is removed when its process is dead, would let two in: both see the dead one, the first removes
 * the file and makes its own, and the second removes that. So claims are numbered, and the newest counts. To follow upon a dead one is to
 * make the file with the next number, which only one can do; and the newest is never removed, so that no number comes twice.
 *
 * @throws AlreadyRunningError when another process has it, or is just taking it
 */
export async function claim(dir: string): Promise<Claim> {
  const folder = layout(dir).claims;
  await mkdir(folder, { recursive: true });
  const mine: Holder = { pid: process.pid, identity: (await processIdentity(process.pid)) ?? '' };
  // Written aside and then given its name: nobody meets half a file.
  const aside = join(folder, `${randomUUID()}.aside`);
  await writeFile(aside, JSON.stringify(mine));
  try {
    for (;;) {
      const newest = Math.max(0, ...(await numbersIn(folder)));
      const holder = await read(join(folder, `${newest}`));
      if (holder && (await isAlive(holder))) throw new AlreadyRunningError(holder.pid, dir);
      const path = join(folder, `${newest + 1}`);
      if (!(await linkNew(aside, path))) continue; // somebody was faster: look who
      const older = (await numbersIn(folder)).filter((number) => number <= newest);
      for (const number of older) await rm(join(folder, `${number}`), { force: true });
      return { release: () => truncate(path) }; // which takes no room, also on a full disk
    }
  } finally {
    await rm(aside, { force: true });
  }
}

const numbersIn = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);

/** Undefined when nobody holds it: it was given up, a power cut has left it empty, or there is none. */
async function read(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @returns whether it was made; not when there is a file of that name */
async function linkNew(file: string, path: string): Promise<boolean> {
  try {
    await link(file, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
