import { OrderPlaced } from '@brew/events';
import { createService, handle, readConfig, route, runService } from '../index.ts';

/** A whole process for the tests of runService: POST /forget leaves a rejection that nobody handles. */
await runService(() =>
  createService({
    name: process.env.EXAMPLE_NAME ?? 'example',
    config: readConfig('example', process.env, {}),
    migrations: new URL(process.env.EXAMPLE_MIGRATIONS ?? import.meta.url),
    emits: [OrderPlaced],
    handlers: [
      handle(
        { ...OrderPlaced, topic: { ...OrderPlaced.topic, name: process.env.EXAMPLE_TOPIC ?? '' } },
        async () => {},
      ),
    ],
    routes: () => [
      route({
        method: 'post',
        path: '/forget',
        summary: 'Forget to handle a rejection',
        responses: { 202: { description: 'Forgotten' } },
        async handle() {
          void Promise.reject(new Error('nobody cares'));
          return { status: 202 };
        },
      }),
    ],
    parts: () => [
      {
        name: 'stubborn',
        start: async () => {},
        stop: () => (process.env.EXAMPLE_STUBBORN ? new Promise<void>(() => {}) : Promise.resolve()),
      },
    ],
  }),
);
