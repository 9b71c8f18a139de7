import { backoff, delay, type Producer } from '@brew/kafka';
import { type Database, OUTBOX_CHANNEL, type Outbox, type Ownership, type UnsentRow } from '@brew/postgres';
import type { Logger } from 'pino';
import { createOutageLog } from '../lifecycle/outageLog.ts';
import type { Part } from '../lifecycle/part.ts';
import { createWaker } from '../lifecycle/waker.ts';
import type { Metrics } from '../metrics.ts';
import { GivesWayError, giveWayWhenSilent, STAND_BACK_MS } from './giveWay.ts';
import { createRelayHealth } from './relayHealth.ts';

export interface RelayOptions {
  db: Pick<Database, 'listen'>;
  outbox: Outbox;
  producer: Pick<Producer, 'offer' | 'lastError' | 'silentSince'>;
  metrics: Pick<Metrics, 'relayed'>;
  log: Logger;
}

const BATCH = 5_000;
/** Whoever commits rows wakes it; this is for those who could not any more. */
const POLL_MS = 5_000;
/** On stop, what is committed is still sent, but a broker that is away must not hold the stop up. */
const DRAIN_MS = 1_500;
/**
 * Each batch costs three brokers some work. Where they are busy, and a batch takes longer than QUICK_MS, what is committed meanwhile rests for as
 * long as it took beyond that, but no longer than MOST_REST_MS, and is sent together.
 */
const QUICK_MS = 10;
const MOST_REST_MS = 150;
/** How soon a topic that takes nothing is tried again: each attempt holds the others up for some seconds. */
const CLOSED = { initialMs: 5_000, maxMs: 60_000 };

export interface Relay extends Part {
  /** Look now: rows were committed. Passed on to the process that owns the outbox, if that isn't this one. */
  wake(): void;
}

/** A topic that is missing, or that we may not write to: its rows wait, and all others go on. */
interface ClosedTopic {
  reason: string;
  failures: number;
  retryAt: number;
}

/** What became of rows that Kafka was offered. What is in none of it waits where it is. */
interface Outcome {
  sent: readonly UnsentRow[];
  refused: { row: UnsentRow; refusal: string }[];
  /** Topics, with the reason. */
  closed: ReadonlyMap<string, string>;
}

/**
 * Sends outbox rows to Kafka, in order, and deletes what was acknowledged. Of several instances one does it, the others
 * stand by. Killed or frozen between sending and deleting, the next one sends the batch again: the consumers' inboxes absorb it. One that
 * can't reach Kafka lets another try.
 *
 * A row that Kafka refuses for what it is is set aside, and the later rows of its key wait behind it.
 */
export function createRelay({ db, outbox, producer, metrics, log }: RelayOptions): Relay {
  const draining = new AbortController(); // no more waiting
  const stopping = new AbortController(); // no more sending
  const waker = createWaker();
  const closedTopics = new Map<string, ClosedTopic>();
  const troubles = createOutageLog(log);
  let running: Promise<void> | undefined;
  let stopListening: (() => Promise<void>) | undefined;
  let state: 'standing by' | 'sending' | 'failing' = 'standing by';
  let lastError: Error | undefined;
  const health = createRelayHealth({
    outbox,
    state: () => state,
    trouble: () => lastError ?? (state === 'sending' ? producer.lastError : undefined),
    closed: () => [...closedTopics].map(([topic, { reason }]) => `${topic} (${reason})`),
  });

  async function run(): Promise<void> {
    while (!draining.signal.aborted) {
      try {
        await using ownership = await outbox.takeOwnership(draining.signal, standBy);
        state = 'sending';
        await relay(ownership);
      } catch (error) {
        if (draining.signal.aborted) return;
        state = 'failing';
        lastError = error as Error;
        troubles.note(error, 'relay interrupted: taking it up again, unless another instance does');
        await delay(STAND_BACK_MS, draining.signal);
      }
    }
  }

  /** Whatever went wrong here, another instance does it now. */
  function standBy(): void {
    state = 'standing by';
    lastError = undefined;
    troubles.over('standing by: another instance owns the outbox');
  }

  async function relay(ownership: Ownership): Promise<void> {
    const sending = AbortSignal.any([stopping.signal, ownership.lost]);
    const pausing = AbortSignal.any([draining.signal, ownership.lost]);
    closedTopics.clear(); // what another instance has found out meanwhile is not known here
    let ahead: Promise<UnsentRow[]> | undefined;
    let marking = Promise.resolve();
    for (;;) {
      const rows = await (ahead ?? ownership.unsent(BATCH, stillClosed()));
      ahead = undefined;
      if (rows.length === 0) {
        await marking;
        if (draining.signal.aborted) return;
        lastError = undefined; // whatever it was, another instance has done it
        if (stillClosed().length === 0) closedTopics.clear(); // nothing waits for them any more
        if (!(await waker.pause(POLL_MS, pausing))) ownership.rewind();
        continue;
      }
      const began = performance.now();
      const isFull = rows.length === BATCH;
      // There is more: PostgreSQL finds it while Kafka takes this.
      if (isFull && closedTopics.size === 0) ahead = quiet(ownership.unsent(BATCH));
      // Apart: what may be refused with its whole topic costs its batch several attempts, each of some seconds.
      const [suspects, others] = split(rows, ({ topic }) => closedTopics.has(topic));
      let isWhole = true;
      for (const part of [others, suspects]) {
        if (part.length === 0) continue;
        const { sent, ...left } = await send(part, ownership, sending);
        // Danger zone: here the rows are in Kafka and still in the outbox. The other way round would lose them.
        await marking;
        if (sent.length > 0) marking = quiet(markSent(sent, ownership));
        if (closedTopics.size > 0) for (const { topic } of sent) closedTopics.delete(topic);
        if (sent.length === part.length) continue;
        isWhole = false;
        await setAside(left, ownership);
      }
      if (!isWhole) {
        // What was read ahead may be behind what was not sent.
        await ahead;
        ahead = undefined;
        await marking;
        ownership.rewind();
      }
      troubles.over('relay goes on');
      state = 'sending';
      lastError = undefined;
      const restMs = Math.min(performance.now() - began - QUICK_MS, MOST_REST_MS);
      if (!isFull && restMs > 0) await delay(restMs, pausing);
    }
  }

  async function send(
    rows: readonly UnsentRow[],
    ownership: Ownership,
    signal: AbortSignal,
  ): Promise<Outcome> {
    // Danger zone: between this question and the answer of Kafka nobody can hold up another owner. What is under way then may be sent twice, and
    // late; the inboxes absorb that. Once this instance knows that it is none any more, the producer sends nothing more of it.
    if (!(await ownership.isHeld())) throw new GivesWayError('PostgreSQL may have ended the session');
    const { refused, closed, withheld } = await giveWayWhenSilent(producer, signal, (signal) =>
      producer.offer(rows, { signal }),
    );
    if (refused.size + withheld.length === 0) return { sent: rows, refused: [], closed };
    const left = new Set<unknown>([...refused.keys(), ...withheld]);
    return {
      sent: rows.filter((row) => !left.has(row)),
      refused: rows.flatMap((row) => {
        const refusal = refused.get(row);
        return refusal === undefined ? [] : [{ row, refusal }];
      }),
      closed,
    };
  }

  async function markSent(sent: readonly UnsentRow[], ownership: Ownership): Promise<void> {
    await ownership.markSent(sent.map((row) => row.id));
    metrics.relayed.inc(sent.length);
    health.gotOn();
  }

  async function setAside({ refused, closed }: Omit<Outcome, 'sent'>, ownership: Ownership): Promise<void> {
    if (refused.length > 0)
      await ownership.setAside(refused.map(({ row: { id }, refusal }) => ({ id, refusal })));
    for (const { row, refusal } of refused) {
      const { id, topic, key, headers } = row;
      const what = { outboxId: id, topic, key, eventId: headers?.ce_id, eventType: headers?.ce_type };
      log.error({ ...what, refusal }, 'Kafka refuses an event: set aside, and what follows of its key waits');
    }
    for (const [topic, reason] of closed) close(topic, reason);
  }

  function close(topic: string, reason: string): void {
    const failures = (closedTopics.get(topic)?.failures ?? 0) + 1;
    const retryInMs = CLOSED.initialMs / 2 + backoff(failures, CLOSED, 0.5);
    closedTopics.set(topic, { reason, failures, retryAt: performance.now() + retryInMs });
    log.error({ topic, reason, retryInMs }, 'a topic takes no events: they wait, and those of others go on');
  }

  const stillClosed = () =>
    [...closedTopics].flatMap(([topic, { retryAt }]) => (retryAt > performance.now() ? [topic] : []));

  return {
    name: 'relay',
    wake: () => (state === 'sending' ? waker.wake() : outbox.announce()),
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
    health: health.look,
  };
}

/** Whoever awaits it later gets what it fails with; until then nobody does. */
function quiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}

/** Those for which it is so, and those for which it isn't. */
function split<Item>(items: readonly Item[], isSo: (item: Item) => boolean): [Item[], Item[]] {
  const parts = Map.groupBy(items, isSo);
  return [parts.get(true) ?? [], parts.get(false) ?? []];
}
