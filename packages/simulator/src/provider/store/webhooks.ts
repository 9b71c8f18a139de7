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
  webhooks: { body: string; sentAfterMs: number }[],
): Promise<void> {
  await tx.query(
    `insert into webhooks (body, due_at)
     select body, now() + after_ms * interval '1 millisecond'
     from unnest($1::text[], $2::float8[]) as planned (body, after_ms)`,
    [webhooks.map((webhook) => webhook.body), webhooks.map((webhook) => webhook.sentAfterMs)],
  );
}

/** What has to be sent by now, the longest due first. */
export async function findDueWebhooks(tx: Tx, limit: number): Promise<DueWebhook[]> {
  const { rows } = await tx.query<DueWebhook>(
    `select webhook_id as "webhookId", body, attempts from webhooks
     where due_at <= now() order by due_at, webhook_id limit $1`,
    [limit],
  );
  return rows;
}

/** They were taken: nothing is left to do. */
export async function deleteWebhooks(tx: Tx, webhookIds: string[]): Promise<void> {
  await tx.query('delete from webhooks where webhook_id = any($1::bigint[])', [webhookIds]);
}

/** They were not: each is tried again after its pause. */
export async function postponeWebhooks(
  tx: Tx,
  postponed: { webhookId: string; afterMs: number }[],
): Promise<void> {
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
