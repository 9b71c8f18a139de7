import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout } from '../paths.ts';

/** What the address of a Unix socket has room for, on the system that has least: 104 bytes with the zero at its end, on macOS. */
const LONGEST = 103;

/** Where the process that runs a folder listens: in the folder, or, if its name is too long for that, beside all others. */
export function controlSocket(dir: string): string {
  const path = join(layout(dir).control, 'socket');
  if (Buffer.byteLength(path) <= LONGEST) return path;
  const short = createHash('sha256').update(dir).digest('hex').slice(0, 16);
  return join(tmpdir(), `brew-${short}`, 'socket');
}
