import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The process that listens on a port. */
export interface PortOwner {
  pid: number;
  /** Its command line, shortened. */
  command: string;
}

/**
 * Who listens on a TCP port of this machine: from /proc on Linux, from lsof elsewhere. Undefined when the system
 * doesn't tell, as for another user's process.
 */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const pid = (await pidFromProc(port)) ?? (await pidFromLsof(port));
  return pid === undefined ? undefined : { pid, command: await commandOf(pid) };
}

/**
 * Inodes of the sockets that listen on a port, from the text of /proc/net/tcp or tcp6.
 * Columns: sl local_address rem_address st … inode; addresses are hex, state 0A is LISTEN (proc(5)).
 */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === '0A')
    .map((columns) => columns[9] ?? '');
}

async function pidFromProc(port: number): Promise<number | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const wanted = new Set(
    tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
  );
  if (wanted.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // Processes of other users don't show their files, and any process may end while we look.
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      if (wanted.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ''))) return Number(pid);
    }
  }
  return undefined;
}

async function pidFromLsof(port: number): Promise<number | undefined> {
  const output = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']);
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function commandOf(pid: number): Promise<string> {
  const command = await run('ps', ['-o', 'args=', '-p', String(pid)]);
  // Without the program's folder: it would take all the room that there is.
  const line = command
    .trim()
    .replace(/^\S*\//, '')
    .replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}

/** What a command prints, or nothing when it fails or doesn't exist. */
async function run(command: string, args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args)).stdout;
  } catch {
    return '';
  }
}
