import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Does a task in a process of its own, so that none finds the heap or the compiled code of another.
 * @param name of a script beside this one, which reads the task from its argument, and prints what it comes to, both as JSON
 */
export async function runScript<Result>(name: string, task: object, signal: AbortSignal): Promise<Result> {
  const script = join(import.meta.dirname, name);
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], { signal });
  return JSON.parse(stdout) as Result;
}
