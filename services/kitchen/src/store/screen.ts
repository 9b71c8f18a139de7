import type { Tx } from '@brew/postgres';

interface Listed {
  orderId: string;
  customerName: string;
  items: { name: string; quantity: number }[];
}

const listed = `order_id as "orderId", customer->>'name' as "customerName", items`;

/**
 * Paid, and waiting for a barista, in the order in which they will be started.
 * @param after begins behind the ticket of this order, whatever became of it meanwhile
 */
export async function listQueued(
  db: Tx,
  cafeId: string,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<(Listed & { paidAt: Date })[]> {
  const { rows } = await db.query<Listed & { paidAt: Date }>(
    `select ${listed}, paid_at as "paidAt"
     from tickets
     where cafe_id = $1 and stage = 'queued'
       and ($2::text is null or (paid_at, order_id) > (select paid_at, order_id from tickets where order_id = $2))
     order by paid_at, order_id limit $3`,
    [cafeId, after, limit],
  );
  return rows;
}

/** Whether the queue of a cafe has a place behind the ticket of this order: it was in it once, and is still known. */
export async function isPlaceInQueue(db: Tx, cafeId: string, orderId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from tickets where order_id = $2 and cafe_id = $1 and paid_at is not null',
    [cafeId, orderId],
  );
  return rowCount === 1;
}

type Preparing = Listed & {
  slot: number;
  startedAt: Date;
  expectedReadyAt: Date;
  remainingSeconds: number;
};

/** What the baristas make, by slot. */
export async function listPreparing(db: Tx, cafeId: string): Promise<Preparing[]> {
  const { rows } = await db.query<Preparing>(
    `select ${listed}, tickets.slot, started_at as "startedAt", due_at as "expectedReadyAt",
            greatest(0, extract(epoch from due_at - now()))::float8 as "remainingSeconds"
     from slots join tickets using (order_id) where slots.cafe_id = $1 order by slots.slot`,
    [cafeId],
  );
  return rows;
}

type Ready = Listed & { slot: number; readyAt: Date };

/** What became ready, the latest first. */
export async function listReady(db: Tx, cafeId: string, limit: number): Promise<Ready[]> {
  const { rows } = await db.query<Ready>(
    `select ${listed}, slot, ready_at as "readyAt"
     from tickets where cafe_id = $1 and stage = 'ready' order by ready_at desc limit $2`,
    [cafeId, limit],
  );
  return rows;
}
