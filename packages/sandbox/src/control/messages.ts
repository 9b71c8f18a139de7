import type { Library } from '@brew/kafka';
import type { Fate } from '../processes/fate.ts';

/** What another process asks of the one that runs the sandbox. */
export type ControlRequest =
  /** Nobody else may do anything from now on, and what is ended by me is started again when I go. */
  | { do: 'hold' }
  /** Ends it with a signal. */
  | { do: 'kill'; name: string; signal: NodeJS.Signals }
  /** Ends it in order. */
  | { do: 'end'; name: string }
  /** Ends one in order and starts it again, also when whoever asked for it is gone. `library`: by which it talks to Kafka from then on. */
  | { do: 'restart'; name: string; library?: Library }
  /** Starts what does not run, all at once. */
  | { do: 'start'; names: readonly string[] }
  /** Tells what becomes of those that were stopped or have died, and whether somebody has hold of them: anybody may ask that, at any time. */
  | { do: 'tell' };

export interface Told {
  /** What becomes of processes, by name. */
  fates: Record<string, Fate>;
  /** A drill is under way. */
  isHeld: boolean;
}

/** How it is asked: a JSON object a line, one at a time. */
export type Asked = ControlRequest & {
  /** Until when an answer is waited for, in ms of the clock. One that was frozen must not do what nobody waits for any more. */
  by: number;
};

/** What it answers to each request. Until then it says again and again that it is at it: who says nothing hangs. */
export type ControlAnswer = { ok: true; told?: Told } | { ok: false; problem: string } | { isAtIt: true };

export const toLine = (message: Asked | ControlAnswer): string => `${JSON.stringify(message)}\n`;

/** The lines of a stream; what is cut off at its end is dropped. @throws what breaks the stream */
export async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
