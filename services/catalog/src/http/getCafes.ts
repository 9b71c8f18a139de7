import { cafes } from '@brew/events';
import { route } from '@brew/service';
import { z } from 'zod';

const cafe = z.object({ id: z.string(), name: z.string(), street: z.string() });

export const getCafes = () =>
  route({
    method: 'get',
    path: '/cafes',
    summary: 'The cafes',
    responses: { 200: { description: 'All of them', schema: z.object({ cafes: z.array(cafe) }) } },
    handle: async () => ({ status: 200, body: { cafes: [...cafes] } }),
  });
