import type { z } from 'zod';
import { type FieldError, problem } from './problem.ts';
import type { Route } from './route.ts';
import { unstorableTexts } from './unstorableTexts.ts';

export interface RequestParts {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
}

const UNSTORABLE = 'has characters that are none: NUL, or half of a surrogate pair';

/** What of a request goes through which schema, and how the places are called in an answer. */
const places = [
  ['params', 'path'],
  ['query', 'query'],
  ['headers', 'headers'],
  ['body', 'body'],
] as const;

/**
 * Checks every part of a request before anything is done with it.
 * @throws HttpProblem 400 that lists everything that is wrong with it, not only the first
 */
export function validate(route: Route, parts: RequestParts): RequestParts {
  const errors: FieldError[] = [];
  const valid: RequestParts = { ...parts };
  for (const [part, place] of places) {
    const schema = route[part];
    if (!schema) continue;
    const result = schema.safeParse(parts[part]);
    if (result.success) {
      valid[part] = result.data;
      errors.push(
        ...unstorableTexts(result.data).map((field) => ({ in: place, field, message: UNSTORABLE })),
      );
    } else errors.push(...result.error.issues.flatMap((issue) => fieldErrors(place, issue)));
  }
  if (errors.length > 0)
    throw problem(400, 'REQUEST_INVALID', 'The request is not as it should be.', { errors });
  return valid;
}

function fieldErrors(place: FieldError['in'], issue: z.core.$ZodIssue): FieldError[] {
  const at = (...more: PropertyKey[]) => [...issue.path, ...more].map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ in: place, field: at(key), message: 'is not a field of this' }));
  }
  return [{ in: place, field: at(), message: issue.message }];
}
