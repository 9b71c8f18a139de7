import { problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { deliverStock, stockOf } from '../store/stock.ts';
import { sku } from './menuItemView.ts';
import { cafeParams, requireCafe, stockView } from './stockView.ts';

const delivery = z.strictObject({
  items: z
    .array(z.strictObject({ sku, quantity: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(200),
});

/** All of the delivery is put on the shelves, or nothing. */
export const addStock = ({ transact }: ServiceContext) =>
  route({
    method: 'post',
    path: '/cafes/:id/stock',
    summary: 'Deliver stock to a cafe',
    staff: true,
    params: cafeParams,
    body: delivery,
    responses: { 200: { description: 'What the cafe has now', schema: stockView } },
    async handle({ params: { id: cafeId }, body, cause }) {
      requireCafe(cafeId);
      return transact(cause, async ({ tx }) => {
        const unknown = await deliverStock(tx, cafeId, body.items);
        if (unknown.length > 0) {
          throw problem(422, 'DELIVERY_INVALID', 'The delivery has items that are not on the menu.', {
            errors: body.items.flatMap((item, index) =>
              unknown.includes(item.sku)
                ? [{ in: 'body', field: `items.${index}.sku`, message: `${item.sku} is not on the menu` }]
                : [],
            ),
          });
        }
        return { status: 200, body: { cafeId, items: await stockOf(tx, cafeId) } };
      });
    },
  });
