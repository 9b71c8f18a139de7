import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { HttpProblem } from './problem.ts';

/** Lets through who shows the staff's token: `Authorization: Bearer …` (RFC 6750). */
export function staffOnly(token: string): RequestHandler {
  const expected = digest(token);
  return (request, _response, next) => {
    const shown = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    // Digests have one length whatever was sent, and comparing them takes one time whatever is in them.
    if (shown !== undefined && timingSafeEqual(digest(shown), expected)) return next();
    const why =
      shown === undefined ? 'This is for staff: send Authorization: Bearer …' : 'This is not a staff token.';
    throw new HttpProblem(401, 'STAFF_ONLY', why, { headers: { 'WWW-Authenticate': 'Bearer' } });
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest();
