import { delay } from '../delay.ts';
import { RegistryUnavailableError } from '../errors.ts';

const TIMEOUT_MS = 10_000;

/** Every question may be asked again: the registry is as it was, or already as it should be. */
const ATTEMPTS = 3;
const PAUSE_MS = 50;
const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * Apicurio 3.3 answers now and then without sending the answer: its log has a status, its client nothing. On a
 * connection of its own such a question ends at once, with an error, when the registry closes it; on one that is kept
 * open, only by its timeout.
 */
const HEADERS = { Connection: 'close', 'Content-Type': 'application/vnd.schemaregistry.v1+json' };

interface Question<Answer> {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: object;
  /** The codes with which a registry says no to this question. A proxy that has no way to it answers 404 as well, but with a page. */
  refusals: readonly number[];
  /** What else it answers tells nothing: something between us cut it off, or made it up. */
  isAnswer(answer: unknown): answer is Answer;
}

/** Codes of Confluent's registry, which Apicurio has, too. */
export const NO_SUBJECT = 40401;
export const NO_VERSION = 40402;
export const NO_SCHEMA = 40403;

/** An answer that says no. */
export interface Refusal {
  error_code: number;
  message: string;
}

/** @throws RegistryUnavailableError for anything but an answer or a refusal */
export type Ask = <Answer>(question: Question<Answer>) => Promise<Answer | Refusal>;

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof (answer as Partial<Refusal> | null)?.error_code === 'number';

/**
 * Asks a registry that speaks Confluent's API. Waiting for one that is away, with log lines, is the callers'.
 * @param signal aborted when nobody wants an answer any more
 */
export function createAsk(url: string, signal = new AbortController().signal): Ask {
  return async (question) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await askOnce(url, question, signal);
      } catch (error) {
        if (attempt === ATTEMPTS || signal.aborted) throw new RegistryUnavailableError(url, error);
        await delay(PAUSE_MS);
      }
    }
  };
}

async function askOnce<Answer>(
  url: string,
  { method, path, body, refusals, isAnswer }: Question<Answer>,
  signal: AbortSignal,
): Promise<Answer | Refusal> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: HEADERS,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await textOf(response);
  const answer: unknown = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
  if (response.ok && isAnswer(answer)) return answer;
  if (!response.ok && isRefusal(answer) && refusals.includes(answer.error_code)) return answer;
  throw new Error(`status ${response.status}: ${text.slice(0, 200)}`);
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LARGEST_ANSWER) throw new Error(`an answer of more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
