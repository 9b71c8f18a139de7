import { delay, type Producer } from '@brew/kafka';
import { type Database, OUTBOX_CHANNEL, type Outbox, type Ownership } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Part } from '../lifecycle/part.ts';
import { createWaker } from '../lifecycle/waker.ts';
import type { Metrics } from '../metrics.ts';

export interface RelayOptions {
  db: Pick<Database, 'listen'>;
  outbox: Outbox;
  producer: Pick<Producer, 'send'>;
  metrics: Pick<Metrics, 'relayed'>;
  log: Logger;
}

const BATCH = 500;
/** Whoever commits rows wakes it; this is for those who could not any more. */
const POLL_MS = 5_000;
/** On stop, what is committed is still sent, but a broker that is away must not hold the stop up. */
const DRAIN_MS = 1_500;
/** Under load, what is committed within this time is sent together: each batch costs three brokers some work. */
const PACE_MS = 150;
/** A batch takes milliseconds, the election of a new leader a few seconds. */
const SLOW_SECONDS = 5;

export interface Relay extends Part {
  /** Look now: rows were committed. Passed on to the process that owns the outbox, if that isn't this one. */
  wake(): void;
}

/**
 * Sends outbox rows to Kafka, in order, and deletes what was acknowledged. Of several instances one does it, the others
 * stand by. Killed between sending and deleting, the next one sends the batch again: the consumers' inboxes absorb it.
 */
export function createRelay({ db, outbox, producer, metrics, log }: RelayOptions): Relay {
  const draining = new AbortController(); // no more waiting
  const stopping = new AbortController(); // no more sending
  const waker = createWaker();
  let running: Promise<void> | undefined;
  let stopListening: (() => Promise<void>) | undefined;
  let state: 'standing by' | 'owner' | 'failing' = 'standing by';
  let lastError: Error | undefined;
  let sendingSince: number | undefined;

  async function run(): Promise<void> {
    while (!draining.signal.aborted) {
      try {
        await using ownership = await outbox.takeOwnership(draining.signal);
        state = 'owner';
        await relay(ownership);
      } catch (error) {
        sendingSince = undefined;
        if (draining.signal.aborted) return;
        state = 'failing';
        lastError = error as Error;
        log.warn({ err: error }, 'relay interrupted: taking it up again');
        await waker.pause(1_000, draining.signal);
      }
    }
  }

  async function relay(ownership: Ownership): Promise<void> {
    const sending = AbortSignal.any([stopping.signal, ownership.lost]);
    const pausing = AbortSignal.any([draining.signal, ownership.lost]);
    for (;;) {
      const rows = await ownership.unsent(BATCH);
      if (rows.length === 0) {
        if (draining.signal.aborted) return;
        await waker.pause(POLL_MS, pausing);
        continue;
      }
      const began = performance.now();
      sendingSince = Date.now();
      await producer.send(rows, { signal: sending });
      // Danger zone: here the rows are in Kafka and still in the outbox. The other way round would lose them.
      await ownership.markSent(rows.map((row) => row.id));
      metrics.relayed.inc(rows.length);
      if (lastError) log.info('relay goes on');
      state = 'owner';
      lastError = undefined;
      sendingSince = undefined;
      const restMs = PACE_MS - (performance.now() - began);
      if (rows.length < BATCH && restMs > 0) await delay(restMs, pausing);
    }
  }

  return {
    name: 'relay',
    wake: () => (state === 'standing by' ? outbox.announce() : waker.wake()),
    async start() {
      stopListening = await db.listen(OUTBOX_CHANNEL, waker.wake);
      running = run();
    },
    async stop() {
      draining.abort();
      const hard = setTimeout(() => stopping.abort(), DRAIN_MS);
      await running;
      clearTimeout(hard);
      await stopListening?.();
    },
    health() {
      if (state === 'failing') return { up: false, detail: lastError?.message ?? state };
      const seconds = Math.round((Date.now() - (sendingSince ?? Date.now())) / 1000);
      // A network that swallows everything shows nowhere else: to the producer it is an answer that has not come yet.
      if (seconds > SLOW_SECONDS) return { up: false, detail: `events wait for Kafka for ${seconds} s` };
      return { up: true, detail: state };
    },
  };
}
