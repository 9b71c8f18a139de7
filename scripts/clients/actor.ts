import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command, Line, Task } from './subject/task.ts';

/** A process of a subject that works. */
export interface Actor {
  readonly name: string;
  readonly role: Task['work']['role'];
  /** CPU time from when it was ready, in milliseconds, as far as it has told. */
  readonly cpuMs: number;
  readonly hasEnded: boolean;
  /** When it is ready for its work. @throws when it ends before */
  readonly ready: Promise<void>;
  order(command: Command): void;
  /** SIGSTOP, SIGCONT, SIGKILL. */
  signal(signal: NodeJS.Signals): void;
  /** Orders it to end, and ends it if it has not within that many milliseconds. */
  end(withinMs: number): Promise<void>;
  /** What is wrong with how it ended, unless we killed it. */
  readonly failure: string | undefined;
}

/** Whoever is frozen would not see that we have ended. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

const main = join(import.meta.dirname, 'subject/main.ts');

/** @param logs the folder for what it writes to its standard error */
export function startActor(
  name: string,
  task: Task,
  { logs, onLine }: { logs: string; onLine: (line: Line) => void },
): Actor {
  const child = spawn(process.execPath, [main, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
    // Not in our group: Ctrl-C is for the judge, who ends it.
    detached: true,
  });
  child.stderr.pipe(createWriteStream(join(logs, `${name}.log`), { flags: 'a' }));
  child.stdin.on('error', () => {}); // it has ended
  living.add(child);
  let isKilled = false;
  let isOrdered = false;
  let hasEnded = false;
  let failure: string | undefined;
  const exited = once(child, 'exit').then(() => {
    hasEnded = true;
    living.delete(child);
    if (isKilled) return;
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    if (!isOrdered) failure = `ended before it was told to (${how})`;
    else if (child.exitCode !== 0) failure ??= `ended with ${how}`;
  });
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  let begunCpu: number | undefined;
  let cpu = 0;
  createInterface({ input: child.stdout })
    .on('line', (text) => {
      if (!text.endsWith('}')) return; // it was killed before it had told
      const line = JSON.parse(text) as Line;
      cpu = line.cpu;
      if ('ready' in line) {
        begunCpu = cpu;
        ready.resolve();
      }
      onLine(line);
    })
    .on('close', () => ready.reject(new Error(`${name} has ended before it was ready: see ${name}.log`)));

  const actor: Actor = {
    name,
    role: task.work.role,
    get cpuMs() {
      return cpu - (begunCpu ?? cpu);
    },
    get hasEnded() {
      return hasEnded;
    },
    ready: ready.promise,
    get failure() {
      return failure;
    },
    order(command) {
      isOrdered ||= command === 'end';
      child.stdin.write(`${command}\n`);
    },
    signal(signal) {
      if (hasEnded) return;
      isKilled ||= signal === 'SIGKILL';
      child.kill(signal);
    },
    async end(withinMs) {
      if (!hasEnded) actor.order('end');
      const timer = setTimeout(() => {
        if (hasEnded) return;
        failure = 'did not end by itself';
        actor.signal('SIGKILL');
      }, withinMs);
      await exited;
      clearTimeout(timer);
    },
  };
  return actor;
}
