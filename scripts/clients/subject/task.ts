import type { Library } from '../../../packages/kafka/src/client.ts';

/** What a process of a subject is to do, as JSON in its only argument. */
export interface Task {
  /** Which client does it. */
  client: 'plain' | Library;
  brokers: string[];
  clientId: string;
  /** Where to connect to in the place of a broker's address, host:port each: to a proxy that fails. */
  via: Record<string, string>;
  work: Work;
}

export type Work =
  /** A round of records, one for each key with the round's number, again and again until told to `end`. */
  | { role: 'produce'; topic: string; prefix: string; keys: number; pauseMs: number }
  /** As a member of a group: hands records on as handled, and commits after that. */
  | { role: 'consume'; topic: string; group: string; workMs: number; sessionTimeoutMs?: number }
  /** As nobody's member, from the beginning on. */
  | { role: 'read'; topic: string }
  /** Copies each record of a topic into another one, exactly once. */
  | { role: 'pipe'; from: string; to: string; group: string };

/**
 * What it is told to do meanwhile, a word a line on its standard input. `slow`: each record takes `workMs` milliseconds, which they do from the
 * beginning; `quick`: none takes any. `discard`: an operator has seen what was told, and lets it go on.
 */
export type Command = 'end' | 'slow' | 'quick' | 'discard';

/** What it did, a line of JSON each, written at once: a line that is not there was not done. */
export type Line = Deed & {
  /** Milliseconds since 1970. */
  at: number;
  /** CPU time of the process so far, in milliseconds. */
  cpu: number;
};

export type Deed =
  | { ready: true }
  /** A round of records is about to be sent. */
  | { sent: number }
  /** All of a round's records are acknowledged. */
  | { acked: number }
  /** The client says that a round could not be sent. */
  | { refused: number; why: string }
  /** Records that are handled. */
  | { did: Handled[] }
  /** Something that whoever runs the client would see. */
  | { told: string }
  /** Records that it does not hand on, and why: of use where that is so, a false alarm everywhere else. */
  | { alarm: string }
  /** An error that nobody caught. */
  | { unhandled: string }
  /** It does nothing any more, and its process lives on. */
  | { gaveUp: string }
  | { ended: true };

type Handled = [partition: number, offset: number, key: string, number: number];
