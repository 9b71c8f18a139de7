import { createInterface } from 'node:readline/promises';

/** Asks a person a question that is no unless they say yes; undefined when there is no terminal to ask in. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D are no answer, which is no.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]).finally(() =>
    terminal.close(),
  );
  return /^y(es)?$/i.test(answer.trim());
}
