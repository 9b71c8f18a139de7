import { setTimeout as delay } from 'node:timers/promises';
import { type Database, isOutage } from '@brew/postgres';
import { callHttp, gather, type Worker, worker } from '@brew/service';
import type { Logger } from 'pino';
import { sparingly } from '../sparingly.ts';
import { signWebhook } from './signature.ts';
import {
  type DueWebhook,
  deleteWebhooks,
  findDueWebhooks,
  nextDueInMs,
  postponeWebhooks,
} from './store/webhooks.ts';

export interface SendWebhooksOptions {
  db: Database;
  /** Where the shop wants its webhooks. */
  url: string;
  secret: string;
  now(): Date;
  log: Logger;
  /** Told of each attempt. */
  onAttempt(outcome: AttemptOutcome): void;
}

type AttemptOutcome = 'delivered' | 'failed' | 'given_up';

/** How many are under way at the same time: enough for a promo day, few enough not to be one's cause. */
const AT_ONCE = 100;
export const TIMEOUT_MS = 5_000;
/** Under load, what is due or taken within this time is read and stored together. */
const PACE_MS = 25;
/** After so many failures in a row the shop is taken to be down: it is only tried, not hammered, until it takes one. */
const DOWN_AFTER = 50;
const TRIES_WHILE_DOWN = 10;
const PAUSE_WHILE_DOWN_MS = 200;
const MAX_PAUSE_MS = 60_000;
/** With pauses of 30 to 60 s that is a day: a shop may be down for that long before anything is lost to it. */
const MAX_ATTEMPTS = 2_000;
/** How long stop() waits for answers. */
const DRAIN_MS = 2_000;
/** Nobody else plans webhooks, so this is only for what an error left over. */
const LOOK_EVERY_MS = 5_000;

/**
 * Sends what is due, signed, and what is refused again with a growing pause. At least once: if the process ends between
 * sending and deleting, the webhook is sent again, as real providers do. Within a process, none is sent while it is
 * under way: from when it is read until what became of it is stored.
 */
export function sendWebhooks({ db, url, secret, now, log, onAttempt }: SendWebhooksOptions): Worker {
  const underWay = new Map<string, Promise<void>>();
  const givingUp = new AbortController();
  const complain = sparingly((reason, times) => log.warn({ reason, times }, 'webhooks not taken'));
  let failuresInARow = 0;
  let tryAgainAt = 0;

  async function send(body: string): Promise<void> {
    const { status, text } = await callHttp(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'brew-signature': signWebhook(secret, body, now()),
      },
      body,
      timeoutMs: TIMEOUT_MS,
      signal: givingUp.signal,
    });
    if (status < 200 || status > 299) throw new Error(`${status} ${text.slice(0, 200)}`);
  }

  async function attempt({ body, attempts }: DueWebhook): Promise<AttemptOutcome> {
    try {
      await send(body);
      failuresInARow = 0;
      tryAgainAt = 0;
      return 'delivered';
    } catch (error) {
      failuresInARow += 1;
      if (failuresInARow >= DOWN_AFTER) tryAgainAt = performance.now() + PAUSE_WHILE_DOWN_MS;
      if (!givingUp.signal.aborted) complain(error instanceof Error ? error.message : String(error));
      return attempts + 1 < MAX_ATTEMPTS ? 'failed' : 'given_up';
    }
  }

  /** Stores what became of webhooks, of all that end at about the same time together. */
  const store = gather(
    async (ended: readonly { webhook: DueWebhook; outcome: AttemptOutcome }[]) => {
      const failed = ended.filter(({ outcome }) => outcome === 'failed').map(({ webhook }) => webhook);
      const done = ended.filter(({ outcome }) => outcome !== 'failed').map(({ webhook }) => webhook);
      await deleteWebhooks(
        db,
        done.map(({ webhookId }) => webhookId),
      );
      await postponeWebhooks(
        db,
        failed.map(({ webhookId, attempts }) => ({ webhookId, afterMs: retryPause(attempts) })),
      );
      return ended.map(() => undefined);
    },
    { limit: AT_ONCE, paceMs: PACE_MS, concernsAll: isOutage },
  );

  async function deliver(webhook: DueWebhook): Promise<void> {
    try {
      const outcome = await attempt(webhook);
      if (givingUp.signal.aborted && outcome === 'failed') return; // it was not the shop's fault
      onAttempt(outcome);
      await store({ webhook, outcome });
    } catch (error) {
      // It stays due, and is sent again.
      complain(`its result could not be stored: ${error instanceof Error ? error.message : String(error)}`);
      await delay(PAUSE_WHILE_DOWN_MS);
    } finally {
      underWay.delete(webhook.webhookId);
      sender.poke();
    }
  }

  const sender = worker({
    name: 'webhooks',
    everyMs: LOOK_EVERY_MS,
    restMs: PACE_MS,
    async run() {
      const restMs = tryAgainAt - performance.now();
      if (restMs > 0) return restMs;
      const free = (failuresInARow < DOWN_AFTER ? AT_ONCE : TRIES_WHILE_DOWN) - underWay.size;
      if (free <= 0) return false; // one that ends wakes
      const due = await findDueWebhooks(db, [...underWay.keys()], free);
      for (const webhook of due) underWay.set(webhook.webhookId, deliver(webhook));
      return due.length === free ? false : nextDueInMs(db, [...underWay.keys()]);
    },
  });

  return {
    ...sender,
    async stop() {
      await sender.stop();
      const ended = Promise.all(underWay.values());
      await Promise.race([ended, delay(DRAIN_MS, undefined, { ref: false })]);
      givingUp.abort();
      await ended;
    },
  };
}

/** 0.5 to 1 s after the first failure, then twice as long each time, up to a minute. */
function retryPause(attempts: number): number {
  return Math.min(MAX_PAUSE_MS, 1_000 * 2 ** Math.min(attempts, 16)) * (0.5 + Math.random() / 2);
}
