import type { Logger } from 'pino';
import { adapterOf, type Sender, type Unsent } from './adapter.ts';
import { backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { delay, within } from './delay.ts';
import { NotPreparedError, SendFailedError, TopicMissingError } from './errors.ts';
import { portionsOf } from './producer/batches.ts';
import { type Offer, offer } from './producer/offer.ts';
import type { OutgoingRecord, Placement } from './record.ts';

export type { Offer, Placement };

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
  /**
   * Since when, on the clock of performance.now(), Kafka has acknowledged nothing of what it is being sent, however often that was
   * tried; undefined: there is nothing to send.
   */
  readonly silentSince: number | undefined;
  /** Connects; waits with backoff for brokers. Rejects only when `signal` is aborted or stop() is called. */
  start(signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when all in-sync replicas have every record. Sends run one after the other, so records of one key keep
   * their order over several calls. A send that failed is repeated until it succeeds.
   *
   * @throws SendFailedError when `signal` is aborted or the producer stopped (the records may be in the log
   * nevertheless, but those that are not will not get there), or, not retryable, when Kafka refuses a record for good, or the topic to us. Everything else was sent by then, but
   * for what comes behind a refused record of its key.
   */
  send(records: readonly OutgoingRecord[], options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * The same, for who has somewhere to keep what Kafka refuses: resolves when all in-sync replicas have every record that Kafka takes,
   * and says which ones it doesn't. See producer/refusals.ts for what is a refusal, and what an outage, which is waited out.
   *
   * @throws SendFailedError when `signal` is aborted or the producer stopped
   */
  offer(records: readonly OutgoingRecord[], options?: { signal?: AbortSignal | undefined }): Promise<Offer>;
  /** Finishes what is in flight, for at most 5 s, then disconnects. */
  stop(): Promise<void>;
}

const RETRY = { initialMs: 250, maxMs: 5_000 };
const MISSING = 'UNKNOWN_TOPIC_OR_PARTITION';
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
  let silentSince: number | undefined;
  let sender: Sender | undefined;
  /** How many attempts are under way. */
  let attempts = 0;
  /** Why one of them failed, until that was waited out. */
  let outage: { error: unknown } | undefined;
  let queue: Promise<void> = Promise.resolve();
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();

  /** Repeats `attempt` until it succeeds, with a new connection after each failure. */
  async function persist<Result>(
    signal: AbortSignal,
    attempt: (open: Sender) => Promise<Result>,
  ): Promise<Result> {
    silentSince ??= performance.now();
    try {
      for (let failures = 1; ; failures++) {
        if (signal.aborted) throw givenUp();
        if (sender?.usable === false) await discardSender();
        if (outage) {
          const { error } = outage;
          outage = undefined;
          await recover(error, failures++, signal);
        }
        sender ??= (await adapterOf(client)).createSender(client);
        const { cut } = sender;
        // Who does not want it any more may not be the one to send it any more: it must not get through once the network is back.
        const onAbort = () => cut(givenUp());
        signal.addEventListener('abort', onAbort, { once: true });
        try {
          await sender.connect();
          const result = await attempt(sender);
          if (state === 'starting') state = 'running';
          return result;
        } catch (error) {
          await discardSender();
          if (!signal.aborted) await recover(error, failures, signal);
        } finally {
          signal.removeEventListener('abort', onAbort);
        }
      }
    } finally {
      silentSince = undefined;
      // Also of what was given up: nothing is being repeated any more.
      if (state === 'recovering') state = 'running';
      lastError = undefined;
    }
  }

  async function recover(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    lastError = error;
    if (state === 'running') state = 'recovering';
    log.warn({ err: error, failures }, 'sending failed: repeating it through a new producer');
    await delay(backoff(failures, RETRY, Math.random()), signal);
  }

  /** Sends what is taken; returns when nothing is left, or what Kafka has refused, and what has to be tried apart from it. */
  async function sendPortion(
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
  ): Promise<readonly Unsent[]> {
    let left = records;
    return await persist(signal, async (open) => {
      open.resume();
      const { placements, unsent, outage } = await open.send(left);
      onPlaced(placements);
      if (placements.length > 0) silentSince = performance.now();
      if (!open.usable) await discardSender();
      if (outage === undefined) return unsent;
      left = unsent.flatMap((part) => part.records);
      throw outage;
    });
  }

  /** The same, once and beside others; what it didn't come to, or what failed, is for sendPortion. */
  async function attempt(
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
  ): Promise<readonly Unsent[]> {
    const open = sender;
    if (!open?.usable || signal.aborted) return [{ records, refusal: undefined }];
    const onAbort = () => open.cut(givenUp());
    signal.addEventListener('abort', onAbort, { once: true });
    silentSince ??= performance.now();
    attempts++;
    try {
      const { placements, unsent, outage: error } = await open.send(records);
      onPlaced(placements);
      if (placements.length > 0) silentSince = performance.now();
      if (error === undefined) return unsent;
      if (!signal.aborted) outage ??= { error };
      return [{ records: unsent.flatMap((part) => part.records), refusal: undefined }];
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (--attempts === 0 && !outage) silentSince = undefined;
    }
  }

  async function offerAll(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Offer> {
    // All that came of the one before is known. What was refused then, such as all of a topic that was missing, may be taken by now.
    sender?.resume();
    return await offer(portionsOf(records), {
      window: sender?.window ?? 1,
      attempt: (portion) => attempt(portion, signal),
      send: (portion) => sendPortion(portion, signal),
    });
  }

  async function sendAll(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    let left = records;
    for (let failures = 1; ; failures++) {
      const { refused, closed, withheld } = await offerAll(left, signal);
      const [reason] = [...refused.values(), ...[...closed.values()].filter((each) => each !== MISSING)];
      if (reason !== undefined) {
        // With the type that an error of Kafka has: for who asks what it was.
        const cause = Object.assign(new Error(reason), { type: reason.split(':')[0] });
        throw new SendFailedError(`Kafka refuses them (${reason})`, { retryable: false, cause });
      }
      if (withheld.length === 0) return;
      // Somebody may be making the topic just now, or the brokers have not all heard of it.
      await recover(new TopicMissingError([...closed.keys()]), failures, signal);
      left = withheld;
    }
  }

  const givenUp = () =>
    new SendFailedError(stopping.signal.aborted ? 'the producer was stopped' : 'the sender gave up', {
      retryable: true,
      cause: lastError,
    });

  async function discardSender(): Promise<void> {
    const old = sender;
    sender = undefined;
    // Waits for requests that are still under way: one that arrived after its repetition would reverse the order.
    if (old) await within(DISCONNECT_MS, old.disconnect());
  }

  /** Lets go at once of a caller who doesn't want to wait any longer. */
  function unlessAborted<Result>(sent: Promise<Result>, signal: AbortSignal): Promise<Result> {
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
    await within(DISCONNECT_MS, queue.then(discardSender));
    state = 'stopped';
  }

  const either = (signal?: AbortSignal) =>
    signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;

  function enqueue<Result>(signal: AbortSignal, step: () => Promise<Result>): Promise<Result> {
    const done = queue.then(step);
    queue = done.then(
      () => undefined,
      () => undefined,
    );
    return unlessAborted(done, signal);
  }

  async function takeTurn<Result>(
    signal: AbortSignal | undefined,
    step: (ended: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (state === 'created') throw new NotPreparedError('The producer was not started.');
    if (stopping.signal.aborted || state === 'draining') throw givenUp();
    const ended = either(signal);
    return await enqueue(ended, () => step(ended));
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError;
    },
    get silentSince() {
      return silentSince;
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
    send: (records, { signal } = {}) => takeTurn(signal, (ended) => sendAll(records, ended)),
    offer: (records, { signal } = {}) => takeTurn(signal, (ended) => offerAll(records, ended)),
    stop() {
      stopped ??= drain();
      return stopped;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
