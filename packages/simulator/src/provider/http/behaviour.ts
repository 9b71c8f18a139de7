import { route } from '@brew/service';
import { behaviourShape } from '../behaviour.ts';
import type { Provider } from '../provider.ts';

export const getBehaviour = ({ behaviour }: Provider) =>
  route({
    method: 'get',
    path: '/behaviour',
    summary: 'How well the provider behaves',
    responses: { 200: { description: 'As it is now', schema: behaviourShape } },
    handle: async () => ({ status: 200, body: behaviour.current }),
  });

/** Holds for payments that are asked for from now on; those before keep the course that was drawn for them. */
export const putBehaviour = ({ behaviour }: Provider) =>
  route({
    method: 'put',
    path: '/behaviour',
    summary: 'Make the provider behave worse, or better; what is left out stays as it is',
    body: behaviourShape.partial(),
    responses: { 200: { description: 'As it is from now on', schema: behaviourShape } },
    async handle({ body }) {
      // Fields left out are absent, not undefined: zod adds no keys.
      behaviour.current = { ...behaviour.current, ...(body as Partial<typeof behaviour.current>) };
      return { status: 200, body: behaviour.current };
    },
  });
