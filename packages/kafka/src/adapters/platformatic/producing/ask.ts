import { delay } from '../../../delay.ts';
import type { Coordinator } from '../../../wire/coordinator.ts';
import type { Connection } from '../../../wire/protocol.ts';
import { answerOf, kafkaError, nameOf } from '../../../wire/protocolErrors.ts';

/**
 * Asks a coordinator, and asks again while it says that it can't do it yet. Without an answer nobody knows whether it was done: then it
 * does not ask again.
 * @throws what the network says; what Kafka says, with its name of the error as its type
 */
export type Ask = <Answer>(
  coordinator: Coordinator,
  doing: string,
  question: (connection: Connection) => Promise<Answer>,
  codesOf: (answer: Answer) => readonly number[],
) => Promise<Answer>;

const PAUSE_MS = 5;

/** Another broker has it now, or this one does not have all of it yet. */
const moved = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS']);
/**
 * The transaction before is being ended, or another instance has begun and has not fenced us yet: then the coordinator may also fail itself
 * (Kafka 4).
 */
const busy = new Set(['CONCURRENT_TRANSACTIONS', 'UNKNOWN_SERVER_ERROR', 'UNKNOWN_TOPIC_OR_PARTITION']);

/** @param patienceMs how long it asks again, in milliseconds */
export const createAsk =
  (patienceMs: number): Ask =>
  async (coordinator, doing, question, codesOf) => {
    for (const giveUpAt = performance.now() + patienceMs; ; await delay(PAUSE_MS)) {
      const answer = await answerOf(question(await coordinator.connection()));
      const code = codesOf(answer).find((each) => each !== 0);
      if (code === undefined) return answer;
      const name = nameOf(code);
      if (moved.has(name)) coordinator.forget();
      else if (!busy.has(name)) throw kafkaError(doing, code);
      if (performance.now() > giveUpAt) throw kafkaError(doing, code);
    }
  };
