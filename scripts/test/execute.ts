import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The root of the checkout. */
export const root = join(import.meta.dirname, '../..');

/** How long a program may go on when what it was to write is there. */
const ENDS_WITHIN_MS = 30_000;

/** Jest can't interrupt a loop that never ends. On one core, the tests of whole systems take half of this. */
const HANGS_AFTER_MS = 60 * 60_000;

/** How long Node takes to write what is open. */
const REPORT_WITHIN_MS = 5_000;

/**
 * Runs a program of Node's to its end, with this one's terminal.
 * @param output a file that it writes when it is through. What still keeps it from ending then, as a test does that leaves something
 *   open, is told and not waited for.
 * @returns its exit code
 */
export async function execute(args: readonly string[], output?: string): Promise<number> {
  const left = `${output}.open.json`;
  const reporting = output
    ? ['--report-on-signal', `--report-directory=${dirname(left)}`, `--report-filename=${basename(left)}`]
    : [];
  const child = spawn(process.execPath, [...reporting, ...args], { cwd: root, stdio: 'inherit' });
  const startedAt = performance.now();
  let writtenAt: number | undefined;
  let isAsked = false;
  const looking = setInterval(() => {
    if (performance.now() - startedAt > HANGS_AFTER_MS) {
      console.error(`${args.at(-1)} has not ended in an hour. It is ended.`);
      child.kill('SIGKILL');
    }
    if (output === undefined || !existsSync(output)) return;
    writtenAt ??= performance.now();
    if (performance.now() - writtenAt < ENDS_WITHIN_MS) return;
    if (performance.now() - writtenAt < ENDS_WITHIN_MS + REPORT_WITHIN_MS) {
      if (!isAsked) isAsked = child.kill('SIGUSR2');
      return;
    }
    const open = existsSync(left) ? openIn(readFileSync(left, 'utf8')) : ['it does not say what'];
    console.error(`What a test has left open keeps Jest from ending: ${open.join(', ')}. It is ended.`);
    child.kill('SIGKILL');
  }, 1_000);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearInterval(looking);
      resolve(code ?? 1);
    }),
  );
}

interface Endpoint {
  host: string;
  port: number;
}

/** What keeps a process from ending, of a report of Node's. */
export function openIn(report: string): string[] {
  const { libuv } = JSON.parse(report) as {
    libuv: {
      type: string;
      is_active: boolean;
      is_referenced: boolean;
      localEndpoint?: Endpoint | null;
      remoteEndpoint?: Endpoint | null;
      pid?: number;
    }[];
  };
  const names = libuv
    .filter((handle) => handle.is_active && handle.is_referenced)
    .map(({ type, localEndpoint, remoteEndpoint, pid }) => {
      const end = remoteEndpoint ?? localEndpoint;
      if (end) return `${type} ${remoteEndpoint ? 'to' : 'at'} ${end.host}:${end.port}`;
      return pid === undefined ? type : `${type} ${pid}`;
    });
  return Array.from(
    Map.groupBy(names, (name) => name),
    ([name, { length }]) => (length > 1 ? `${length} × ${name}` : name),
  );
}
