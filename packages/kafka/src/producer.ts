import type { Logger } from 'pino';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { delay, within } from './delay.ts';
import { messageOf, NotPreparedError, SendFailedError } from './errors.ts';
import { batchesOf } from './producer/batches.ts';
import { connectProducer, isRefusal, type ProducerConnection } from './producer/connection.ts';
import type { Placement } from './producer/partitioning.ts';
import type { OutgoingRecord } from './record.ts';

export type { Placement };

export interface ProducerOptions {
  client: KafkaClient;
  log: Logger;
  /** Told where the records of a batch are. One that had to be repeated may be further ahead a first time. */
  onPlaced?: (placements: Placement[]) => void;
}

export type ProducerState = 'created' | 'starting' | 'running' | 'recovering' | 'draining' | 'stopped';

export interface Producer extends AsyncDisposable {
  /** `recovering`: a send failed and is being repeated; nothing is lost, but nothing gets through either. */
  readonly state: ProducerState;
  /** Why it is recovering. */
  readonly lastError: unknown;
  /** Connects; waits with backoff for brokers. Rejects only when `signal` is aborted or stop() is called. */
  start(signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when all in-sync replicas have every record. Sends run one after the other, so records of one key keep
   * their order over several calls. A send that failed is repeated until it succeeds.
   *
   * @throws SendFailedError when `signal` is aborted or the producer stopped (the records may be in the log
   * nevertheless), or, not retryable, when Kafka refuses the batch for good.
   */
  send(records: readonly OutgoingRecord[], options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Finishes what is in flight, for at most 5 s, then disconnects. */
  stop(): Promise<void>;
}

const RETRY = { initialMs: 250, maxMs: 5_000 };
const DRAIN_MS = 5_000;
const DISCONNECT_MS = 3_000;

/**
 * An idempotent producer with acks=all.
 *
 * Danger zone. When a send of kafkajs finally fails, it takes its sequence numbers back, but the broker may have
 * appended the batch and only the answer was lost. A different batch under the same numbers would then be dropped
 * as a duplicate, and acknowledged: lost. So after each such failure the kafkajs producer is thrown away, together
 * with its producer id, and the same batch goes first through the next one. What this can cause is a repetition,
 * which the consumers' inbox makes harmless.
 */
export function createProducer({ client, log, onPlaced = () => {} }: ProducerOptions): Producer {
  let state: ProducerState = 'created';
  let lastError: unknown;
  let connection: ProducerConnection | undefined;
  let queue: Promise<void> = Promise.resolve();
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();

  /** Repeats `step` until it succeeds, with a new connection after each failure. */
  async function persist(
    signal: AbortSignal,
    step: (open: ProducerConnection) => Promise<void>,
  ): Promise<void> {
    for (let failures = 1; ; failures++) {
      if (signal.aborted) throw givenUp();
      try {
        connection ??= await connectProducer(client);
        await step(connection);
        lastError = undefined;
        if (state === 'starting' || state === 'recovering') state = 'running';
        return;
      } catch (error) {
        await discardConnection();
        if (isRefusal(error)) throw new SendFailedError(messageOf(error), { retryable: false, cause: error });
        lastError = error;
        if (state === 'running') state = 'recovering';
        log.warn({ err: error, failures }, 'sending failed: repeating it through a new producer');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  const givenUp = () =>
    new SendFailedError(stopping.signal.aborted ? 'the producer was stopped' : 'the sender gave up', {
      retryable: true,
      cause: lastError,
    });

  async function discardConnection(): Promise<void> {
    const old = connection;
    connection = undefined;
    // Waits for requests that are still under way: one that arrived after its repetition would reverse the order.
    if (old) await within(DISCONNECT_MS, old.disconnect());
  }

  /** Lets go of a caller who doesn't want to wait any longer; what is under way goes on behind its back. */
  function unlessAborted(sent: Promise<void>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(givenUp());
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  async function drain(): Promise<void> {
    state = 'draining';
    await within(DRAIN_MS, queue);
    stopping.abort();
    // Also when it takes longer: a connection that is just being made must not stay open.
    await within(DISCONNECT_MS, queue.then(discardConnection));
    state = 'stopped';
  }

  const either = (signal?: AbortSignal) =>
    signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;

  function enqueue(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
    const done = queue.then(step);
    queue = done.catch(() => undefined);
    return unlessAborted(done, signal);
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError;
    },
    start(signal) {
      if (state === 'created') state = 'starting';
      const ended = either(signal);
      started ??= enqueue(ended, () => persist(ended, async () => undefined)).catch((error) => {
        started = undefined;
        throw error;
      });
      return started;
    },
    async send(records, { signal } = {}) {
      if (state === 'created') throw new NotPreparedError('The producer was not started.');
      if (stopping.signal.aborted || state === 'draining') throw givenUp();
      const ended = either(signal);
      await enqueue(ended, async () => {
        for (const batch of batchesOf(records)) {
          await persist(ended, async (open) => onPlaced(await open.send(batch)));
        }
      });
    },
    stop() {
      stopped ??= drain();
      return stopped;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
