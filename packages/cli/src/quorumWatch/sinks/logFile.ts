import { open } from 'node:fs/promises';
import { FileUnreadableError } from '../../errors.ts';
import type { Io } from '../../io.ts';
import type { Sink } from './sink.ts';

/**
 * Appends a JSON object a line.
 * @throws FileUnreadableError when the file can't be written to
 */
export async function logFileSink(file: string, io: Pick<Io, 'note'>): Promise<Sink> {
  const handle = await open(file, 'a').catch((error: NodeJS.ErrnoException) => {
    throw new FileUnreadableError(file, `it can not be written to (${error.code})`);
  });
  let written: Promise<unknown> = Promise.resolve();
  return {
    tell(notice) {
      written = written
        .then(() => handle.appendFile(`${JSON.stringify(notice)}\n`))
        // A full disk is no reason to stop watching.
        .catch((error: Error) => io.note(`${file} does not take a line: ${error.message}.`));
    },
    async [Symbol.asyncDispose]() {
      await written;
      await handle.close();
    },
  };
}
