import { BrewError, deadLetterTopic } from '@brew/events';
import { BrokerUnavailableError, type KafkaClient, TopicMissingError, within } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import type { Database } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Part } from '../lifecycle/part.ts';
import { worker } from '../lifecycle/worker.ts';
import type { HttpMetrics } from '../metrics.ts';
import { isPostgresAway } from './isPostgresAway.ts';
import { createLetterHealth } from './letterHealth.ts';
import { storeLetters } from './storeLetters.ts';

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
   * @throws after twelve seconds without progress at the latest: BrokerUnavailableError, LettersUnknownError, TopicMissingError, or what PostgreSQL says
   */
  catchUp(): Promise<void>;
  /** Look soon: a letter was sent. */
  wake(): void;
  /** When catchUp last began or got on, as performance.now() tells it. */
  readonly movedAt: number;
  /** When the table was last known to have everything; undefined before the first time since the start. */
  readonly asOf: Date | undefined;
}

/** Not all dead letters are known, although Kafka is there. Operator: see the cause. */
export class LettersUnknownError extends BrewError {
  constructor(topic: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super('BREW_LETTERS_UNKNOWN', `What is in ${topic} could not be looked up: ${why}`, {
      retryable: true,
      cause,
    });
  }
}

const EVERY_MS = 30_000;
/** After a failure. */
const AGAIN_MS = 5_000;
/** Longer than an open transaction takes to be told of. */
const PATIENCE_MS = 12_000;

export function createLetterIndex({ group, db, client, metrics, log }: LetterIndexOptions): LetterIndex {
  const topic = deadLetterTopic(group).name;
  const reader = createReader({ client, log });
  const stopping = new AbortController();
  const health = createLetterHealth({ db, metrics });
  let movedAt = performance.now();
  let asOf: Date | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let isFailing = false;

  /** Who comes while it runs gets the next run: this one may have asked already where the topic ends. */
  function catchUp(): Promise<void> {
    if (!running) {
      running = inPatience().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return catchUp();
      });
    return next;
  }

  async function inPatience(): Promise<void> {
    const began = new Date();
    const giveUp = new AbortController();
    const signal = AbortSignal.any([giveUp.signal, stopping.signal]);
    movedAt = performance.now();
    let waitsFor: 'Kafka' | 'PostgreSQL' = 'Kafka';
    const onProgress = (left: boolean) => {
      movedAt = performance.now();
      health.gotOn(left);
    };
    const waitingFor = (what: typeof waitsFor) => {
      waitsFor = what;
    };
    const stored = storeLetters({ group, topic, db, reader, signal, waitingFor, onProgress });
    stored.catch(() => undefined); // also after nobody waits for it any more
    while (!stopping.signal.aborted && movedAt + PATIENCE_MS > performance.now()) {
      if (!(await within(movedAt + PATIENCE_MS - performance.now(), stored, stopping.signal))) continue;
      await stored.catch((error) => {
        // Whoever waits for it learns what was not known for it, as with anything else that does not answer.
        if (!isPostgresAway(error)) throw error;
        const reason = new Error(`PostgreSQL has not answered: ${error.message}`, { cause: error });
        throw new LettersUnknownError(topic, reason);
      });
      asOf = began;
      health.gotOn(false);
      return;
    }
    const noAnswer = `${waitsFor} has not answered for ${PATIENCE_MS / 1_000} s`;
    const why = new Error(stopping.signal.aborted ? 'the service stops' : noAnswer);
    const { heldBack } = reader;
    giveUp.abort(why);
    throw waitsFor === 'Kafka' && !heldBack
      ? new BrokerUnavailableError(`read ${topic}`, why)
      : new LettersUnknownError(topic, heldBack ?? why);
  }

  const looking = worker({
    name: 'dead letters',
    everyMs: EVERY_MS,
    async run() {
      try {
        await catchUp();
        if (isFailing) log.info({ topic }, 'the dead letters can be read again');
        isFailing = false;
        return false;
      } catch (error) {
        if (stopping.signal.aborted) return false;
        health.failed(error);
        const level = error instanceof TopicMissingError || isFailing ? 'debug' : 'warn';
        log[level]({ err: error, topic }, 'the dead letters could not be read: trying again');
        isFailing = true;
        return AGAIN_MS;
      }
    },
  });

  return {
    name: looking.name,
    start: looking.start,
    async stop() {
      stopping.abort();
      await looking.stop();
      await reader.close();
    },
    health: health.health,
    catchUp,
    wake: looking.poke,
    get movedAt() {
      return movedAt;
    },
    get asOf() {
      return asOf;
    },
  };
}
