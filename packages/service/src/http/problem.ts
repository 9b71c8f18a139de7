import { STATUS_CODES } from 'node:http';
import { BrewError } from '@brew/events';

/** What is wrong with one field of a request. */
export interface FieldError {
  /** Where the field is. */
  in: 'path' | 'query' | 'headers' | 'body';
  /** Path of the field, such as items.0.quantity; empty for the whole. */
  field: string;
  message: string;
}

/** The members of an RFC 9457 problem document beside the standard ones. */
export type Extensions = Record<string, unknown>;

/** An answer to the caller, thrown: the request is refused for a reason that the caller can read and act on. */
export class HttpProblem extends BrewError {
  readonly status: number;
  /** What programs tell the problem by, such as `TOO_LATE`; stable. */
  readonly problemCode: string;
  readonly extensions: Extensions;
  /** Response headers, such as Allow or Retry-After. */
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    detail: string,
    { extensions = {}, headers = {} }: { extensions?: Extensions; headers?: Record<string, string> } = {},
  ) {
    super('BREW_REQUEST_REFUSED', detail, { retryable: status === 503 || status === 429 });
    this.status = status;
    this.problemCode = code;
    this.extensions = extensions;
    this.headers = headers;
  }
}

/**
 * Makes the problem that a route throws: `throw problem(409, 'TOO_LATE', 'The kitchen has started.')`.
 *
 * @param code stable, for programs
 * @param detail for people: shown to the caller, so nothing internal
 */
export function problem(
  status: number,
  code: string,
  detail: string,
  extensions: Extensions = {},
): HttpProblem {
  return new HttpProblem(status, code, detail, { extensions });
}

/** The document of RFC 9457. Its type is about:blank, so the title is HTTP's own; `code` is what tells problems apart. */
export function problemDocument(
  { status, problemCode, message, extensions }: HttpProblem,
  instance: string,
): Record<string, unknown> {
  return {
    // First: none of them takes the place of a standard one.
    ...extensions,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Unknown',
    status,
    detail: message,
    code: problemCode,
    instance,
  };
}
