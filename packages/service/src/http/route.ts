import type { Logger } from 'pino';
import { z } from 'zod';
import type { Cause } from '../unitOfWork/cause.ts';
import type { JsonPortions } from './jsonPortions.ts';
import type { SseMessage } from './sse.ts';

interface ResponseDeclaration {
  description: string;
  /** Left out for an answer without a body, and for a stream. */
  schema?: z.ZodType;
  /** For a stream of server-sent events. */
  contentType?: 'text/event-stream';
}

export type ResponseDeclarations = Readonly<Record<number, ResponseDeclaration>>;

/** What becomes `Value` once JSON.stringify went over it: a Date may stand where a string is promised. */
type Json<Value> = Value extends string
  ? Value | Date
  : Value extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : Value extends object
      ? { [Key in keyof Value]: Json<Value[Key]> }
      : Value;

/** One of the declared answers, with the body that was declared for it; or a stream. */
type Answer<Responses extends ResponseDeclarations> = {
  [Status in keyof Responses & number]: {
    status: Status;
    headers?: Record<string, string>;
  } & (Responses[Status] extends { schema: infer Schema extends z.ZodType }
    ? { body: Json<z.input<Schema>> }
    : { body?: never });
}[keyof Responses & number];

/** Ended by the route, by the caller going away or by the service stopping; the latter two abort the request's signal. */
export type Stream =
  | { stream: AsyncIterable<SseMessage> }
  /** The body of the declared 200, where it may be too long to be held in memory: see jsonPortions. */
  | { json: JsonPortions };

export interface RouteRequest<Params = unknown, Query = unknown, Headers = unknown, Body = unknown> {
  params: Params;
  query: Query;
  /** Under their lower-case names; only those of the route's schema. */
  headers: Headers;
  body: Body;
  /** The body's bytes as they came: what a signature is computed over. Empty when the route takes no body. */
  rawBody: Buffer;
  /** For `transact`: carries the trace of the request on to the events that come of it. */
  cause: Cause;
  log: Logger;
  /** Aborted when the caller has gone or the service stops. */
  signal: AbortSignal;
}

type None = z.ZodObject<Record<never, never>, z.core.$strict>;

export interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Headers extends z.ZodType,
  Body extends z.ZodType,
  Responses extends ResponseDeclarations,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As express writes it: /cafes/:id/stock */
  path: string;
  /** One line, for the documentation. */
  summary: string;
  /** Strings from the path. Left out: every parameter is a string that nobody looked at. */
  params?: Params;
  /** Unknown fields are refused, so without a schema every query string is. */
  query?: Query;
  /** Fields under lower-case names; other headers are ignored. */
  headers?: Headers;
  /** Unknown fields are refused. Without a schema no body is read. */
  body?: Body;
  /** Everything but problems, which all routes have in common. */
  responses: Responses;
  /** Only with `Authorization: Bearer STAFF_TOKEN`. */
  staff?: boolean;
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
  ): Promise<Answer<NoInfer<Responses>> | Stream>;
}

/** A route, its types forgotten: what the HTTP server and the documentation are made from. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  params?: z.ZodType;
  query?: z.ZodType;
  headers?: z.ZodType;
  body?: z.ZodType;
  responses: ResponseDeclarations;
  staff?: boolean;
  handle(
    request: RouteRequest,
  ): Promise<{ status: number; headers?: Record<string, string>; body?: unknown } | Stream>;
}

/**
 * Declares one route. Its schemas do three things: they type `handle`, check each request before it gets there, and
 * are the route's documentation. Top-level objects are made strict; make nested ones so with z.strictObject.
 */
export function route<
  Params extends z.ZodType = None,
  Query extends z.ZodType = None,
  Headers extends z.ZodType = None,
  Body extends z.ZodType = z.ZodUndefined,
  const Responses extends ResponseDeclarations = ResponseDeclarations,
>(definition: RouteDefinition<Params, Query, Headers, Body, Responses>): Route {
  const strict = {
    ...(definition.params && { params: strictly(definition.params) }),
    query: strictly(definition.query ?? z.strictObject({})),
    ...(definition.body && { body: strictly(definition.body) }),
  };
  // The cast forgets the types of `handle`; the server only calls it with what the schemas let through.
  return { ...definition, ...strict } as unknown as Route;
}

function strictly(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema;
}
