import { once } from 'node:events';
import { parseTraceparent } from '@brew/events';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { working } from './admission.ts';
import { sendJson } from './jsonPortions.ts';
import { HttpProblem } from './problem.ts';
import { parseJson, rawBodyOf } from './readBody.ts';
import type { Route } from './route.ts';
import { sendStream } from './sse.ts';
import { validate } from './validate.ts';

export interface ServeOptions {
  log: Logger;
  /** Aborted when the service stops: ends what would otherwise stay open. */
  stopping: AbortSignal;
  /** How long the caller waits for an answer, in milliseconds. */
  answerMs: number;
  /** Counts a stream of a client address. @returns what ends it. @throws HttpProblem when there are too many */
  openStream(address: string): () => void;
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

/**
 * Turns a route into an express handler. What it throws goes to the error handler, as express 5 does it. The caller has an answer within
 * `answerMs`, whatever the route waits for; what has not begun for a caller that is gone is not begun any more.
 */
export function serveRoute(
  route: Route,
  { log, stopping, answerMs, openStream }: ServeOptions,
): RequestHandler {
  return async (request: Request, response: Response) => {
    const { traceparent } = response.locals;
    const close = isStream(route) ? openStream(request.ip ?? '') : undefined;
    const unwanted = new AbortController();
    const gone = () => {
      if (!response.writableFinished) unwanted.abort(new CallerGoneError());
    };
    response.once('close', gone);
    if (response.destroyed) gone();
    const late = setTimeout(() => unwanted.abort(lateProblem(answerMs)), answerMs);
    const signal = AbortSignal.any([unwanted.signal, stopping]);

    async function handle() {
      unwanted.signal.throwIfAborted();
      const rawBody = rawBodyOf(request);
      const { params, query, headers, body } = validate(route, {
        params: request.params,
        query: request.query,
        headers: singleHeaders(request),
        body: route.body ? parseJson(rawBody) : undefined,
      });
      return await route.handle({
        params,
        query,
        headers: route.headers ? headers : {},
        body,
        rawBody,
        // Not enumerable: what led to something is kept with it, and for how long somebody waited is not.
        cause: Object.defineProperty({ traceparent }, 'unwanted', { value: unwanted.signal }),
        get log() {
          return log.child({ traceId: parseTraceparent(traceparent)?.traceId });
        },
        signal,
      });
    }

    try {
      const answer = await unlessAborted(working(response, handle), unwanted.signal);
      clearTimeout(late);
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
    } catch (error) {
      // Nobody is there to be told.
      if (!(error instanceof CallerGoneError)) throw error;
    } finally {
      clearTimeout(late);
      close?.();
    }
  };
}

const isStream = ({ responses }: Route): boolean =>
  Object.values(responses).some(({ contentType }) => contentType === 'text/event-stream');

/** Whoever asked has hung up: what has not begun need not begin. */
class CallerGoneError extends Error {
  constructor() {
    super('The caller is gone.');
    this.name = 'CallerGoneError';
  }
}

const lateProblem = (ms: number) =>
  new HttpProblem(
    503,
    'LATE',
    `There was no answer within ${ms / 1_000} s. It may have been done: look, or try again.`,
    {
      headers: { 'Retry-After': '2' },
    },
  );

/** Lets go of work that takes too long; it goes on, and what comes of it is nobody's. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
