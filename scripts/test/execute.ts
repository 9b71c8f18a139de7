import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the checkout. */
export const root = join(import.meta.dirname, '../..');

/** How long a program may go on when what it was to write is there. */
const ENDS_WITHIN_MS = 30_000;

/** Jest can't interrupt a loop that never ends. On one core, the tests of whole systems take half of this. */
const HANGS_AFTER_MS = 60 * 60_000;

/**
 * Runs a program of Node's to its end, with this one's terminal.
 * @param output a file that it writes when it is through. What still keeps it from ending then, as a test does that leaves something
 *   open, is not waited for.
 * @returns its exit code
 */
export async function execute(args: readonly string[], output?: string): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const startedAt = performance.now();
  let writtenAt: number | undefined;
  const looking = setInterval(() => {
    if (performance.now() - startedAt > HANGS_AFTER_MS) {
      console.error(`${args.at(-1)} has not ended in an hour. It is ended.`);
      child.kill('SIGKILL');
    }
    if (output === undefined || !existsSync(output)) return;
    writtenAt ??= performance.now();
    if (performance.now() - writtenAt < ENDS_WITHIN_MS) return;
    console.error('Something that a test has left open keeps Jest from ending. It is ended.');
    child.kill('SIGKILL');
  }, 1_000);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearInterval(looking);
      resolve(code ?? 1);
    }),
  );
}
