import { route, type ServiceContext } from '@brew/service';
import { stockOf } from '../store/stock.ts';
import { cafeParams, requireCafe, stockView } from './stockView.ts';

export const getStock = ({ db }: ServiceContext) =>
  route({
    method: 'get',
    path: '/cafes/:id/stock',
    summary: 'What a cafe has',
    params: cafeParams,
    responses: { 200: { description: 'Its shelves', schema: stockView } },
    async handle({ params }) {
      requireCafe(params.id);
      return { status: 200, body: { cafeId: params.id, items: await stockOf(db, params.id) } };
    },
  });
