import { isOutage } from '@brew/postgres';
import { HttpProblem, problem } from './problem.ts';

/**
 * What the caller is told about an error. Only problems that were made for callers keep their words: anything else may
 * hold SQL, addresses or data of others.
 */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isOutage(error))
    return unavailable('A part of this service is out of order. Nothing is lost: try again.');
  if (isPassing(error)) return unavailable('Another request was in the way. Try again.');
  if (codeOf(error) === '22003')
    return new HttpProblem(
      422,
      'OUT_OF_RANGE',
      'A number would become larger than can be kept. Nothing was done.',
    );
  return (
    clientError(error) ?? new HttpProblem(500, 'INTERNAL', 'Something went wrong here. It has been logged.')
  );
}

const unavailable = (detail: string) =>
  new HttpProblem(503, 'UNAVAILABLE', detail, { headers: { 'Retry-After': '2' } });

/** Serialization failure, deadlock, lock timeout: PostgreSQL took the side of another transaction. */
export function isPassing(error: unknown): boolean {
  return ['40001', '40P01', '55P03'].includes(String(codeOf(error)));
}

const codeOf = (error: unknown): unknown => (Object(error) as { code?: unknown }).code;

/** What express and its body reader found wrong with the request itself. */
function clientError(error: unknown): HttpProblem | undefined {
  const { status } = Object(error) as { status?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  switch (status) {
    case 413:
      return problem(413, 'BODY_TOO_LARGE', 'The body may have 64 kB at most.', {
        errors: [{ in: 'body', field: '', message: 'is too large' }],
      });
    case 415:
      return problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'This encoding of the body is not taken.', {
        errors: [{ in: 'headers', field: 'content-encoding', message: 'is not known here' }],
      });
    default:
      return new HttpProblem(400, 'MALFORMED_REQUEST', 'The request is malformed.');
  }
}
