import { fstatSync, writeSync } from 'node:fs';
import { visible } from '../text/visible.ts';

/**
 * Writes a line to standard output. Where that is a file, what a full disk has no room for is dropped: Node would end the process, and
 * everything that it looks after with it.
 */
export function writeLine(line: string): void {
  const text = `${visible(line)}\n`;
  if (!isFile) {
    process.stdout.write(text);
    return;
  }
  try {
    writeSync(1, text);
  } catch {
    // there is no room
  }
}

const output = fstatSync(1);
const isFile = output.isFile() || (output.isCharacterDevice() && !process.stdout.isTTY);
