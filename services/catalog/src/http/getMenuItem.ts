import { route, type ServiceContext } from '@brew/service';
import { findMenuItem } from '../store/menu.ts';
import { menuItemView, notOnTheMenu, skuParams } from './menuItemView.ts';

export const getMenuItem = ({ db }: ServiceContext) =>
  route({
    method: 'get',
    path: '/menu/:sku',
    summary: 'One item of the menu',
    params: skuParams,
    responses: { 200: { description: 'The item', schema: menuItemView } },
    async handle({ params }) {
      const item = await findMenuItem(db, params.sku);
      if (item === undefined) throw notOnTheMenu(params.sku);
      return { status: 200, body: item };
    },
  });
