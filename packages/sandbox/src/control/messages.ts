/** What another process asks of the one that runs the sandbox: a JSON object a line, one at a time. */
export type ControlRequest =
  /** Nobody else may do anything from now on, and what is ended by me is started again when I go. */
  | { do: 'hold' }
  /** Ends it with a signal. */
  | { do: 'kill'; name: string; signal: NodeJS.Signals }
  /** Ends it in order. */
  | { do: 'end'; name: string }
  /** Starts what does not run, all at once. */
  | { do: 'start'; names: readonly string[] };

/** What it answers to each request. */
export type ControlAnswer = { ok: true } | { ok: false; problem: string };

export const toLine = (message: ControlRequest | ControlAnswer): string => `${JSON.stringify(message)}\n`;

/** The lines of a stream; what is cut off at its end is dropped. @throws what breaks the stream */
export async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
