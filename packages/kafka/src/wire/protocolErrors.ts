import { ReadRefusedError } from '../errors.ts';
import { protocolErrorsCodesById, ResponseError } from './protocol.ts';

/** Kafka's name of an error code, such as NOT_LEADER_OR_FOLLOWER. */
export const nameOf = (code: number): string =>
  (protocolErrorsCodesById as Record<number, string>)[code] ?? `error ${code}`;

/** What a change of leaders, a restart or a slow broker brings about: right again with newer metadata, and a little later. */
const passing = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'UNKNOWN_SERVER_ERROR',
  'UNSTABLE_OFFSET_COMMIT',
]);

export const isPassing = (code: number): boolean => passing.has(nameOf(code));

/** For errors that are no better later. */
export const refused = (what: string, code: number) => new ReadRefusedError(what, nameOf(code));

/** With Kafka's name of the error as its type: see kafkaErrorTypeOf. */
export const kafkaError = (doing: string, code: number) =>
  Object.assign(new Error(`${doing}: ${nameOf(code)}`), { type: nameOf(code) });

/**
 * An answer whatever it says: the library throws one that has an error code anywhere, with all the rest of it inside.
 */
export async function answerOf<Answer>(asking: Promise<Answer>): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ResponseError && error.response) return error.response as Answer;
    throw error;
  }
}
