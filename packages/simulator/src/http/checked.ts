import { type FieldError, problem, type Route } from '@brew/service';
import type { Request } from 'express';

type Parts = Record<'params' | 'query' | 'headers' | 'body', unknown>;

/**
 * The parts of a request, as the route's schemas make them.
 * @throws HttpProblem 400 that lists everything that is wrong
 */
export function checked(route: Route, request: Request, rawBody: Buffer): Parts {
  const parts: Parts = {
    params: request.params,
    query: request.query,
    headers: request.headers,
    body: route.body ? parseJson(rawBody) : undefined,
  };
  const errors: FieldError[] = [];
  for (const part of ['params', 'query', 'headers', 'body'] as const) {
    const result = route[part]?.safeParse(parts[part]);
    if (result?.success) parts[part] = result.data;
    else if (result) errors.push(...result.error.issues.map((issue) => fieldError(part, issue)));
  }
  if (errors.length > 0)
    throw problem(400, 'REQUEST_INVALID', 'The request is not as it should be.', { errors });
  return parts;
}

function fieldError(
  part: keyof Parts,
  { path, message }: { path: PropertyKey[]; message: string },
): FieldError {
  return { in: part === 'params' ? 'path' : part, field: path.map(String).join('.'), message };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw problem(400, 'MALFORMED_JSON', 'The body has to be JSON, sent as application/json.');
  }
}
