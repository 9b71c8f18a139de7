import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { listMenu } from '../store/menu.ts';
import { menuItemView } from './menuItemView.ts';

export const getMenu = ({ db }: ServiceContext) =>
  route({
    method: 'get',
    path: '/menu',
    summary: 'The menu',
    responses: { 200: { description: 'What is sold', schema: z.object({ items: z.array(menuItemView) }) } },
    handle: async () => ({ status: 200, body: { items: await listMenu(db) } }),
  });
