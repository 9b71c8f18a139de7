import { createDatabase, migrate } from '@brew/postgres';
import type { HttpConfig } from './config/readConfig.ts';
import type { HttpContext } from './context.ts';
import { createApp } from './http/createApp.ts';
import { createHealth } from './http/health.ts';
import { createHttpServer } from './http/httpServer.ts';
import type { Route } from './http/route.ts';
import { createLifecycle, type ServiceState, type Step } from './lifecycle/lifecycle.ts';
import type { Part } from './lifecycle/part.ts';
import { createLogger } from './log.ts';
import { createHttpMetrics } from './metrics.ts';

export interface CreateHttpServiceOptions<Config extends HttpConfig> {
  /** Literal and never renamed: in every log line, and in /openapi.json. */
  name: string;
  /** Of the API, in /openapi.json. */
  version?: string | undefined;
  config: Config;
  /** Folders of SQL files. */
  migrations: readonly URL[];
  /**
   * What it is made of. The parts are started in their order, when the tables are there and HTTP listens; they are
   * stopped the other way round, before HTTP.
   */
  assemble(context: HttpContext<Config>): { routes: readonly Route[]; parts: readonly Part[] };
  /** For tests of clocks that are wrong. */
  now?: () => Date;
}

export interface Service extends AsyncDisposable {
  readonly name: string;
  readonly state: ServiceState;
  /** Where it listens; with PORT=0 the port that it got. Throws before start(). */
  readonly url: string;
  readonly log: HttpContext['log'];
  /**
   * Resolves when it answers requests. Waits, with backoff, for PostgreSQL and for what its parts need; meanwhile
   * /health/ready says for which. Waits some seconds at most for parts that may come later. Rejects when it can't ever start (port taken, a migration fails) or is stopped.
   */
  start(): Promise<void>;
  /** Finishes what is in flight, within 5 s. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Puts together what has routes and a database, and needs no Kafka: createService builds on it. Nothing runs and
 * nothing is connected before start().
 */
export function createHttpService<Config extends HttpConfig>({
  name,
  version = '0.1.0',
  config,
  migrations,
  assemble,
  now = () => new Date(),
}: CreateHttpServiceOptions<Config>): Service {
  const log = createLogger({ name, level: config.LOG_LEVEL });
  const metrics = createHttpMetrics();
  const db = createDatabase({ url: config.DATABASE_URL, applicationName: name, log });
  const { routes, parts } = assemble({ name, config, db, metrics, log, now });

  const stoppingHttp = new AbortController();
  const http = createHttpServer((request, response) => app(request, response), {
    host: config.HOST,
    port: config.PORT,
    onStop: () => stoppingHttp.abort(),
  });
  const asStep = (part: Part): Step => ({
    name: part.name,
    mayComeLater: part.mayComeLater,
    start: (signal) => part.start(signal, log),
    stop: () => part.stop(),
  });
  const lifecycle = createLifecycle(
    [
      { name: 'pool', stop: () => db.stop() },
      http, // listens first, so that it can say what it waits for
      {
        name: 'PostgreSQL',
        start: (signal) => migrate({ url: config.DATABASE_URL, directories: [...migrations], log, signal }),
      },
      ...parts.map(asStep),
    ],
    log,
  );

  const app = createApp({
    name,
    version,
    routes,
    staffToken: 'STAFF_TOKEN' in config ? String(config.STAFF_TOKEN) : undefined,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    health: createHealth({ lifecycle, ping: () => db.ping(), now, parts }),
    isReady: () => lifecycle.state === 'running' || lifecycle.state === 'draining',
    stopping: stoppingHttp.signal,
    metrics,
    log,
  });

  return {
    name,
    log,
    get state() {
      return lifecycle.state;
    },
    get url() {
      return http.url;
    },
    start: lifecycle.start,
    stop: lifecycle.stop,
    [Symbol.asyncDispose]: lifecycle.stop,
  };
}
