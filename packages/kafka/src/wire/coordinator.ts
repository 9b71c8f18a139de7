import { backoff } from '../backoff.ts';
import type { Address } from '../client.ts';
import { delay } from '../delay.ts';
import { BrokerUnavailableError } from '../errors.ts';
import type { Brokers } from './brokers.ts';
import { type Connection, findCoordinatorV6 } from './protocol.ts';
import { answerOf, isPassing, nameOf, refused } from './protocolErrors.ts';

/** What a coordinator keeps: a group's members and offsets, or the transactions of a transactional.id. */
export type CoordinatedKind = 'group' | 'transaction';

const KINDS: Record<CoordinatedKind, number> = { group: 0, transaction: 1 };

/** The broker that keeps something, wherever that is: it moves when a broker dies. */
export interface Coordinator {
  /** @throws BrokerUnavailableError when no broker tells who it is, and what the network says */
  connection(): Promise<Connection>;
  /** It is somebody else by now: it is looked for anew. */
  forget(): void;
  /**
   * Asks it once. Whatever goes wrong, it is looked for anew the next time.
   * @param codesOf the error codes in an answer; 0 is none
   * @throws what the network says, a passing error of Kafka as BrokerUnavailableError
   */
  ask<Answer>(
    question: (connection: Connection) => Promise<Answer>,
    codesOf: (answer: Answer) => readonly number[],
  ): Promise<Answer>;
  /**
   * The same, again and again for as long as a coordinator takes to move.
   * @throws BrokerUnavailableError
   */
  insist<Answer>(
    question: (connection: Connection) => Promise<Answer>,
    codesOf: (answer: Answer) => readonly number[],
  ): Promise<Answer>;
}

const RETRY = { initialMs: 100, maxMs: 1_000 };
/** Until a broker has been given up, and another one has loaded what it kept. */
const PATIENCE_MS = 15_000;

export function createCoordinator(
  brokers: Pick<Brokers, 'ask' | 'connectionAt'>,
  kind: CoordinatedKind,
  id: string,
): Coordinator {
  const doing = `ask the coordinator of ${id}`;
  let known: Address | undefined;

  const find = (): Promise<Address> =>
    brokers.ask(`find the coordinator of ${id}`, async (connection) => {
      const { coordinators } = await answerOf(findCoordinatorV6.api.async(connection, KINDS[kind], [id]));
      const [coordinator] = coordinators;
      const code = coordinator?.errorCode ?? -1;
      if (coordinator && code === 0) return coordinator;
      throw isPassing(code) ? new Error(nameOf(code)) : refused(id, code);
    });

  const coordinator: Coordinator = {
    async connection() {
      known ??= await find();
      return await brokers.connectionAt(known);
    },
    forget() {
      known = undefined;
    },
    async ask(question, codesOf) {
      try {
        const answer = await answerOf(question(await coordinator.connection()));
        const passing = codesOf(answer).find((code) => code !== 0 && isPassing(code));
        if (passing !== undefined) throw new BrokerUnavailableError(doing, new Error(nameOf(passing)));
        return answer;
      } catch (error) {
        coordinator.forget();
        throw error;
      }
    },
    async insist(question, codesOf) {
      const until = performance.now() + PATIENCE_MS;
      for (let failures = 1; ; failures++) {
        try {
          return await coordinator.ask(question, codesOf);
        } catch (error) {
          if (performance.now() > until) throw new BrokerUnavailableError(doing, error);
          await delay(backoff(failures, RETRY, Math.random()));
        }
      }
    },
  };
  return coordinator;
}
