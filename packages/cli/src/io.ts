import { once } from 'node:events';
import { styleText } from 'node:util';
import { type Paint, plain } from './text/format.ts';
import { ownColours, visible } from './text/visible.ts';

/** Where a command writes: given to it, so that a test can read it. */
export interface Io {
  /** What was asked for. */
  out(line: string): Promise<void>;
  /** The same for what has to stay as it is, where it goes to a file or a program; left out, there is no difference. */
  raw?(line: string): Promise<void>;
  /** What is said beside it; on stderr, so that it never gets into a pipe. */
  note(line: string): void;
  paint: Paint;
  /** Columns to fit lines into; 0 when nobody looks at them in a terminal. */
  columns(): number;
}

/** stdout and stderr of this process, where nothing but our colours controls a terminal. Colours only where they are wanted: NO_COLOR, FORCE_COLOR and pipes are heeded. */
export function processIo(): Io {
  return {
    out: (line) => write(visible(line)),
    raw: (line) => write(process.stdout.isTTY ? visible(line) : line),
    note: (line) => void process.stderr.write(`${visible(line)}\n`),
    paint: process.stdout.isTTY || process.env.FORCE_COLOR ? paintStdout : plain,
    columns: () => (process.stdout.isTTY ? process.stdout.columns : 0),
  };
}

async function write(line: string): Promise<void> {
  // Waits for a slow reader instead of filling the memory on its behalf.
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** The colours alone are ours: what they are put around is not. */
const paintStdout: Paint = (style, text) => {
  const [begin = '', end = ''] = styleText(style, '|', { stream: process.stdout }).split('|');
  return `${ownColours(begin)}${text}${ownColours(end)}`;
};
