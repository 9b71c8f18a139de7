import { open } from 'node:fs/promises';

const enoughBytes = 16 * 1024;

/** The last lines of a text, without the blank ones. */
export function lastLines(text: string, count = 10): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** The last lines of a log, for a person, or nothing when it can't be read. Reads only its end: logs grow. */
export async function lastLinesOf(file: string, count = 10): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const start = Math.max(0, size - enoughBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(enoughBytes), 0, enoughBytes, start);
    return lastLines(buffer.toString('utf8', 0, bytesRead), count)
      .split('\n')
      .map(readable)
      .join('\n');
  } catch {
    return '';
  }
}

/** Our services log JSON: of that what happened, and why. `npx brew logs NAME` shows all of it. */
function readable(line: string): string {
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: string;
      msg?: string;
      err?: { message?: string };
    };
    if (level === undefined) return line;
    return `${level.toUpperCase()} ${msg}${err?.message === undefined ? '' : `: ${err.message}`}`;
  } catch {
    return line;
  }
}
