import { HttpProblem, problem, type Route } from '@brew/service';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { checked } from './checked.ts';

export interface HttpAppOptions {
  routes: readonly Route[];
  /** For /health/ready. */
  health(): Promise<{ status: 'ready' | 'not_ready' }>;
  registry: Registry;
  log: Logger;
}

/** The provider's HTTP side. Brew's services have more (documentation, limits, traces); a stand-in does with this. */
export function createHttpApp({ routes, health, registry, log }: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const answer = await health();
    response.status(answer.status === 'ready' ? 200 : 503).json(answer);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });

  const readBody = express.raw({ type: 'application/json', limit: '64kb' });
  for (const route of routes) app[route.method](route.path, readBody, serve(route, log));
  app.use(() => {
    throw problem(404, 'NOT_FOUND', 'There is nothing at this address.');
  });
  app.use(answerWithProblem(log));
  return app;
}

function serve(route: Route, log: Logger): RequestHandler {
  return async (request: Request, response) => {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const answer = await route.handle({
      ...checked(route, request, rawBody),
      rawBody,
      cause: {},
      log,
      signal: AbortSignal.timeout(30_000),
    });
    if ('stream' in answer) throw new TypeError('The provider has no streams.');
    response.status(answer.status).json(answer.body);
  };
}

/** RFC 9457. Only problems that were made for callers keep their words. */
function answerWithProblem(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const known = error instanceof HttpProblem;
    if (!known) log.error({ err: error, path: request.path }, 'request failed');
    const status = known ? error.status : 500;
    response
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: 'about:blank',
          status,
          code: known ? error.problemCode : 'INTERNAL',
          detail: known ? error.message : 'Something went wrong here. It has been logged.',
          instance: request.originalUrl,
          ...(known && error.extensions),
        }),
      );
  };
}
