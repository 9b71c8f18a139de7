import type { Tx } from '@brew/postgres';

export interface DueWebhook {
  webhookId: string;
  /** Exactly the bytes that are signed and sent, each time the same. */
  body: string;
  /** Attempts so far. */
  attempts: number;
}

export async function insertWebhooks(
  tx: Tx,
  webhooks: { paymentId: string; body: string; sentAfterMs: number }[],
): Promise<void> {
  if (webhooks.length === 0) return;
  await tx.query({
    name: 'insert-webhooks',
    text: `insert into webhooks (payment_id, body, due_at)
           select payment_id, body, now() + after_ms * interval '1 millisecond'
           from unnest($1::text[], $2::text[], $3::float8[]) as planned (payment_id, body, after_ms)`,
    values: [
      webhooks.map((webhook) => webhook.paymentId),
      webhooks.map((webhook) => webhook.body),
      webhooks.map((webhook) => webhook.sentAfterMs),
    ],
  });
}

/** What has to be sent by now, the longest due first, but for what is `underWay`. */
export async function findDueWebhooks(tx: Tx, underWay: string[], limit: number): Promise<DueWebhook[]> {
  const { rows } = await tx.query<DueWebhook>({
    name: 'find-due-webhooks',
    text: `select webhook_id as "webhookId", body, attempts from webhooks
           where due_at <= now() and webhook_id <> all($1::bigint[]) order by due_at, webhook_id limit $2`,
    values: [underWay, limit],
  });
  return rows;
}

/**
 * In how many milliseconds the next one is due that is not `underWay`; false: there is none. Negative when it is due by
 * now: it may have become so since the last look.
 */
export async function nextDueInMs(tx: Tx, underWay: string[]): Promise<number | false> {
  const { rows } = await tx.query<{ ms: number | null }>({
    name: 'next-due-webhook',
    text: `select (extract(epoch from min(due_at) - now()) * 1000)::float8 as ms
           from webhooks where webhook_id <> all($1::bigint[])`,
    values: [underWay],
  });
  return rows[0]?.ms ?? false;
}

/** They were taken: nothing is left to do. */
export async function deleteWebhooks(tx: Tx, webhookIds: string[]): Promise<void> {
  if (webhookIds.length === 0) return;
  await tx.query({
    name: 'delete-webhooks',
    text: 'delete from webhooks where webhook_id = any($1::bigint[])',
    values: [webhookIds],
  });
}

/** A payment was called off: there is nothing to tell of it any more. */
export async function deleteWebhooksOf(tx: Tx, paymentId: string): Promise<void> {
  await tx.query('delete from webhooks where payment_id = $1', [paymentId]);
}

/** They were not: each is tried again after its pause. */
export async function postponeWebhooks(
  tx: Tx,
  postponed: { webhookId: string; afterMs: number }[],
): Promise<void> {
  if (postponed.length === 0) return;
  await tx.query(
    `update webhooks w set attempts = w.attempts + 1, due_at = now() + p.after_ms * interval '1 millisecond'
     from unnest($1::bigint[], $2::float8[]) as p (webhook_id, after_ms)
     where w.webhook_id = p.webhook_id`,
    [postponed.map((one) => one.webhookId), postponed.map((one) => one.afterMs)],
  );
}

export async function countPendingWebhooks(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from webhooks');
  return rows[0]?.count ?? 0;
}
