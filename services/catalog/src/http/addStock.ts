import { createHash } from 'node:crypto';
import type { Tx } from '@brew/postgres';
import { idempotencyKey, problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { claimDelivery } from '../store/deliveries.ts';
import { deliverStock, MOST_ON_A_SHELF, stockOf } from '../store/stock.ts';
import { sku } from './menuItemView.ts';
import { cafeParams, requireCafe, stockView } from './stockView.ts';

const delivery = z.strictObject({
  items: z
    .array(z.strictObject({ sku, quantity: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(200),
});
type Delivery = z.infer<typeof delivery>;

/** All of the delivery is put on the shelves, or nothing. */
export const addStock = ({ transact }: ServiceContext) =>
  route({
    method: 'post',
    path: '/cafes/:id/stock',
    summary: 'Deliver stock to a cafe',
    staff: true,
    params: cafeParams,
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: delivery,
    responses: { 200: { description: 'What the cafe has now', schema: stockView } },
    async handle({ params: { id: cafeId }, body, headers, cause }) {
      requireCafe(cafeId);
      return transact(cause, async ({ tx }) => {
        if (await isNew(tx, cafeId, headers['idempotency-key'], body)) await deliver(tx, cafeId, body);
        return { status: 200 as const, body: { cafeId, items: await stockOf(tx, cafeId) } };
      });
    },
  });

/** @throws HttpProblem 422 when the key was used for another delivery */
async function isNew(tx: Tx, cafeId: string, key: string | undefined, body: Delivery): Promise<boolean> {
  if (key === undefined) return true;
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest();
  const claim = await claimDelivery(tx, { cafeId, key, fingerprint });
  if (claim === 'reused')
    throw problem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different delivery.');
  return claim === 'new';
}

/** @throws HttpProblem 422 when a part of it does not go on a shelf; the transaction is then to be rolled back */
async function deliver(tx: Tx, cafeId: string, { items }: Delivery): Promise<void> {
  const refused = await deliverStock(tx, cafeId, items);
  if (refused.size === 0) return;
  throw problem(422, 'DELIVERY_INVALID', 'The delivery has items that the shelves do not take.', {
    errors: items.flatMap(({ sku }, index) => {
      const why = refused.get(sku);
      if (why === undefined) return [];
      const message =
        why === 'no shelf'
          ? `${sku} is not on the menu`
          : `there would be more than ${MOST_ON_A_SHELF} of ${sku}`;
      return [{ in: 'body', field: `items.${index}.sku`, message }];
    }),
  });
}
