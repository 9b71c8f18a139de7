import { childTraceparent, parseTraceparent } from '@brew/events';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { HttpMetrics } from '../metrics.ts';
import { createAdmission, createStreamBounds, type HttpBounds, httpBounds } from './admission.ts';
import { docs } from './docs.ts';
import type { Readiness } from './health.ts';
import { openApi } from './openApi.ts';
import { HttpProblem, problem, problemDocument } from './problem.ts';
import { readBody } from './readBody.ts';
import type { Route } from './route.ts';
import { serveRoute } from './serveRoute.ts';
import { staffOnly } from './staff.ts';
import { toProblem } from './toProblem.ts';

export interface AppOptions {
  name: string;
  version: string;
  routes: readonly Route[];
  /** Needed if any route is for staff. */
  staffToken: string | undefined;
  requestsPerMinute: number;
  health(): Promise<Readiness>;
  /** Until then, the routes answer 503: their tables may not be there. */
  isReady(): boolean;
  stopping: AbortSignal;
  metrics: HttpMetrics;
  log: Logger;
  /** Smaller ones, for tests. */
  bounds?: Partial<HttpBounds>;
}

/** The HTTP side of a service: its routes, and what all services have beside them. */
export function createApp(options: AppOptions): Express {
  const { name, version, routes, health, isReady, metrics, log, stopping } = options;
  const app = express();
  app.set('etag', false);
  app.use(leaveOutWhoIsGone, secure(), observe(metrics, log));

  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const readiness = await health();
    response.status(readiness.status === 'not_ready' ? 503 : 200).json(readiness);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.prometheus.contentType).send(await metrics.prometheus.metrics());
  });

  app.use(limit(options.requestsPerMinute));
  const document = openApi({ name, version, routes });
  app.get('/openapi.json', (_request, response) => void response.json(document));
  app.use(docs(`Brew ${name}`));

  const gate: RequestHandler = (_request, _response, next) => {
    if (isReady()) return next();
    throw new HttpProblem(503, 'NOT_READY', 'The service is starting.', { headers: { 'Retry-After': '2' } });
  };
  const bounds = { ...httpBounds, ...options.bounds };
  const admit = createAdmission(bounds, log);
  const openStream = createStreamBounds(bounds);
  for (const route of routes) {
    const before = [...staff(route, options.staffToken), gate, admit, ...(route.body ? [readBody] : [])];
    const answerMs = route.staff ? bounds.staffAnswerMs : bounds.answerMs;
    app[route.method](route.path, ...before, serveRoute(route, { log, stopping, answerMs, openStream }));
  }
  for (const [path, methods] of methodsByPath(routes)) app.all(path, refuseMethod(methods));
  app.use(() => {
    throw problem(404, 'NOT_FOUND', 'There is nothing at this address. See /docs for what there is.');
  });
  app.use(answerWithProblem(log));
  return app;
}

/** Whoever has hung up before it was their turn, as when all of the machine stands still, gets no work done: they will have asked once more. */
const leaveOutWhoIsGone: RequestHandler = (request, _response, next) => {
  if (!request.socket.destroyed) next();
};

/** For plain HTTP: no HSTS and no upgrade of requests, which would break /docs; TLS is for what stands in front. */
function secure(): RequestHandler {
  return helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"], // swagger-ui sets styles from its script
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
  });
}

/** Gives each request its span of the caller's trace, and counts and logs it when it is answered. */
function observe(metrics: HttpMetrics, log: Logger): RequestHandler {
  return (request, response, next) => {
    const header = request.headers.traceparent;
    response.locals.traceparent = childTraceparent(typeof header === 'string' ? header : undefined);
    const end = metrics.httpSeconds.startTimer();
    response.once('close', () => {
      // The pattern, not the address: each order's address would be a time series of its own.
      const route = request.route?.path ?? 'none';
      const { statusCode: status } = response;
      const seconds = end({ method: request.method, route, status: String(status) });
      if (!log.isLevelEnabled('debug')) return;
      const { traceId } = parseTraceparent(response.locals.traceparent) ?? {};
      log.debug(
        { method: request.method, route, status, ms: Math.round(seconds * 1000), traceId },
        'request',
      );
    });
    next();
  };
}

function limit(requestsPerMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: () => {
      throw problem(429, 'TOO_MANY_REQUESTS', 'Too many requests from this address. Wait a minute.');
    },
  });
}

function staff(route: Route, token: string | undefined): RequestHandler[] {
  if (!route.staff) return [];
  if (!token) throw new TypeError(`${route.path} is for staff, but the configuration has no STAFF_TOKEN.`);
  return [staffOnly(token)];
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) {
    methods.set(path, [
      ...(methods.get(path) ?? []),
      method.toUpperCase(),
      ...(method === 'get' ? ['HEAD'] : []),
    ]);
  }
  return methods;
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const Allow = methods.join(', ');
  return () => {
    throw new HttpProblem(405, 'METHOD_NOT_ALLOWED', `This address takes ${Allow}.`, { headers: { Allow } });
  };
}

function answerWithProblem(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const answer = toProblem(error);
    const { traceId } = parseTraceparent(response.locals.traceparent) ?? {};
    const what = { method: request.method, path: request.path, traceId };
    if (error instanceof HttpProblem ? error.problemCode === 'LATE' : answer.status === 503) {
      // Something that is away, not something that is wrong here: a line, without a stack.
      log.warn({ ...what, reason: (error as Error).message }, 'request refused');
    } else if (answer.status >= 500 && !(error instanceof HttpProblem)) {
      log.error({ ...what, err: error }, 'request failed');
    }
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.status(answer.status).set(answer.headers).type('application/problem+json');
    // The trace's id is what a caller can quote when asking what happened.
    const document = problemDocument(answer, request.originalUrl);
    response.send(JSON.stringify(answer.status >= 500 ? { ...document, traceId } : document));
  };
}
