import type { Database } from '@brew/postgres';
import { type Worker, worker } from '@brew/service';
import type { Logger } from 'pino';
import { signWebhook } from './signature.ts';
import { type DueWebhook, deleteWebhooks, findDueWebhooks, postponeWebhooks } from './store/webhooks.ts';

export interface SendWebhooksOptions {
  db: Database;
  /** Where the shop wants its webhooks. */
  url: string;
  secret: string;
  now(): Date;
  log: Logger;
  /** Told of each attempt. */
  onAttempt(outcome: 'delivered' | 'failed' | 'given_up'): void;
}

/** How many are under way at the same time: enough for a promo day, few enough not to be one's cause. */
const AT_ONCE = 50;
const TIMEOUT_MS = 5_000;
const MAX_PAUSE_MS = 60_000;
/** With pauses of 30 to 60 s that is a day: a shop may be down for that long before anything is lost to it. */
const MAX_ATTEMPTS = 2_000;

/**
 * Sends what is due, signed, and what is refused again with a growing pause. At least once: if the process ends between
 * sending and deleting, the webhook is sent again, as real providers do.
 */
export function sendWebhooks({ db, url, secret, now, log, onAttempt }: SendWebhooksOptions): Worker {
  async function send({ body }: DueWebhook): Promise<void> {
    const headers = {
      'content-type': 'application/json',
      'brew-signature': signWebhook(secret, body, now()),
    };
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${answer.slice(0, 200)}`);
  }

  async function attempt(webhook: DueWebhook): Promise<'delivered' | 'failed' | 'given_up'> {
    try {
      await send(webhook);
      return 'delivered';
    } catch (error) {
      const { webhookId, attempts } = webhook;
      const reason = error instanceof Error ? error.message : String(error);
      // The first failure and every tenth: a shop that is down for an hour is not worth a thousand lines.
      if (attempts % 10 === 0) log.warn({ webhookId, attempt: attempts + 1, reason }, 'webhook not taken');
      return attempts + 1 < MAX_ATTEMPTS ? 'failed' : 'given_up';
    }
  }

  return worker({
    name: 'webhooks',
    everyMs: 200,
    async run() {
      const due = await findDueWebhooks(db, AT_ONCE);
      if (due.length === 0) return false;
      const outcomes = await Promise.all(due.map(attempt));
      for (const outcome of outcomes) onAttempt(outcome);
      const failed = due.filter((_, index) => outcomes[index] === 'failed');
      const done = due.filter((_, index) => outcomes[index] !== 'failed');
      await deleteWebhooks(
        db,
        done.map(({ webhookId }) => webhookId),
      );
      await postponeWebhooks(
        db,
        failed.map(({ webhookId, attempts }) => ({ webhookId, afterMs: retryPause(attempts) })),
      );
      // Not at once when all failed: nothing would be gained, and a shop that is starting would be hammered.
      return due.length === AT_ONCE && done.length > 0;
    },
  });
}

/** 0.5 to 1 s after the first failure, then twice as long each time, up to a minute. */
function retryPause(attempts: number): number {
  return Math.min(MAX_PAUSE_MS, 1_000 * 2 ** Math.min(attempts, 16)) * (0.5 + Math.random() / 2);
}
