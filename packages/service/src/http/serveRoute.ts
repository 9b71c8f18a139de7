import { once } from 'node:events';
import { parseTraceparent } from '@brew/events';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { sendJson } from './jsonPortions.ts';
import { parseJson, rawBodyOf } from './readBody.ts';
import type { Route } from './route.ts';
import { sendStream } from './sse.ts';
import { validate } from './validate.ts';

export interface ServeOptions {
  log: Logger;
  /** Aborted when the service stops: ends what would otherwise stay open. */
  stopping: AbortSignal;
}

/**
 * Headers by name, each with its one value. One that was sent twice stays a list, which no schema takes: Node would join
 * it with a comma, and two idempotency keys would be a third one.
 */
function singleHeaders({ headersDistinct }: Request): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.length === 1 ? values[0] : values,
    ]),
  );
}

/** Turns a route into an express handler. What it throws goes to the error handler, as express 5 does it. */
export function serveRoute(route: Route, { log, stopping }: ServeOptions): RequestHandler {
  return async (request: Request, response: Response) => {
    const rawBody = rawBodyOf(request);
    const { params, query, headers, body } = validate(route, {
      params: request.params,
      query: request.query,
      headers: singleHeaders(request),
      body: route.body ? parseJson(rawBody) : undefined,
    });
    const { traceparent } = response.locals;
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const signal = AbortSignal.any([gone.signal, stopping]);

    const answer = await route.handle({
      params,
      query,
      headers: route.headers ? headers : {},
      body,
      rawBody,
      cause: { traceparent },
      get log() {
        return log.child({ traceId: parseTraceparent(traceparent)?.traceId });
      },
      signal,
    });
    if ('stream' in answer) {
      await sendStream(response, answer.stream, signal);
      return;
    }
    if ('json' in answer) {
      await sendJson(response, answer.json, signal);
      return;
    }
    response.status(answer.status).set(answer.headers ?? {});
    if (answer.body === undefined) response.end();
    else response.json(answer.body);
    if (!response.writableFinished) await once(response, 'finish', { signal }).catch(() => {});
  };
}
