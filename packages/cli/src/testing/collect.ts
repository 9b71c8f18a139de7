import type { Io } from '../io.ts';
import { plain } from '../text/format.ts';

/** An Io that keeps what a command writes. */
export function collect(): { io: Io; lines: string[]; notes: string[] } {
  const [lines, notes]: [string[], string[]] = [[], []];
  const io: Io = {
    out: async (line) => void lines.push(line),
    note: (line) => void notes.push(line),
    paint: plain,
    columns: () => 0,
  };
  return { io, lines, notes };
}
