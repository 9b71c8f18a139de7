import { once } from 'node:events';
import { styleText } from 'node:util';
import { type Paint, plain } from './text/format.ts';

/** Where a command writes: given to it, so that a test can read it. */
export interface Io {
  /** What was asked for. */
  out(line: string): Promise<void>;
  /** What is said beside it; on stderr, so that it never gets into a pipe. */
  note(line: string): void;
  paint: Paint;
  /** Columns to fit lines into; 0 when nobody looks at them in a terminal. */
  columns(): number;
}

/** stdout and stderr of this process. Colours only where they are wanted: NO_COLOR, FORCE_COLOR and pipes are heeded. */
export function processIo(): Io {
  return {
    async out(line) {
      // Waits for a slow reader instead of filling the memory on its behalf.
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    },
    note: (line) => void process.stderr.write(`${line}\n`),
    paint: process.stdout.isTTY || process.env.FORCE_COLOR ? paintStdout : plain,
    columns: () => (process.stdout.isTTY ? process.stdout.columns : 0),
  };
}

const paintStdout: Paint = (style, text) => styleText(style, text, { stream: process.stdout });
