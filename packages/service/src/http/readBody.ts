import express, { type Request, type RequestHandler } from 'express';
import { HttpProblem, problem } from './problem.ts';

const BODY_LIMIT = 64 * 1024;

const raw = express.raw({ type: () => true, limit: BODY_LIMIT });

/** Reads a JSON body as bytes, since signatures are computed over bytes. Anything but application/json is refused. */
export const readBody: RequestHandler = (request, response, next) => {
  if (!isJson(request.headers['content-type'])) {
    throw new HttpProblem(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body has to be application/json.', {
      headers: { Accept: 'application/json' },
      extensions: {
        errors: [{ in: 'headers', field: 'content-type', message: 'has to be application/json, in UTF-8' }],
      },
    });
  }
  raw(request, response, next);
};

/** Strictly: a form or text/plain is what a foreign web page could send without asking first (CORS). */
function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '');
}

export function rawBodyOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0); // express leaves an empty body undefined
}

/** A byte order mark stays, and so is refused as any other byte that is no JSON (RFC 8259, section 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws HttpProblem 400 when the bytes are no UTF-8 or no JSON */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    const errors = [{ in: 'body', field: '', message: 'is not JSON in UTF-8' }];
    throw problem(400, 'MALFORMED_JSON', 'The body is not valid JSON.', { errors });
  }
}
