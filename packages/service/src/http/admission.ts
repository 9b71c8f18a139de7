import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { HttpProblem } from './problem.ts';

/** How much of everything there may be at the same time, and how long a caller waits. */
export interface HttpBounds {
  /** Requests under way. Each may wait for PostgreSQL, and holds on to what it has in memory. */
  requests: number;
  /** Open streams, in all and of one client address. */
  streams: number;
  streamsOfOne: number;
  /** Until a caller has an answer, in milliseconds; staff, whose requests may be about thousands of letters, have more time. */
  answerMs: number;
  staffAnswerMs: number;
}

export const httpBounds: HttpBounds = {
  requests: 1_000,
  streams: 1_000,
  streamsOfOne: 100,
  answerMs: 10_000,
  staffAnswerMs: 10 * 60_000,
};

/**
 * Lets requests in until so many are under way, and refuses the others at once (503): whoever waited would only find a caller that has given up.
 * A request is under way until its work has ended, also when its caller was answered before or is gone.
 */
export function createAdmission({ requests }: Pick<HttpBounds, 'requests'>, log: Logger): RequestHandler {
  let underWay = 0;
  let full = false;
  return (_request, response, next) => {
    if (underWay >= requests) {
      // Once, not for each: of these there are as many as anybody likes to send.
      if (!full) log.warn({ underWay }, 'too many requests are under way: refusing others');
      full = true;
      throw busy(`This service has ${requests} requests under way.`);
    }
    underWay += 1;
    const leave = once(() => {
      underWay -= 1;
      if (underWay < requests / 2) full = false;
    });
    response.locals.leave = leave;
    // Whose body never came to its end is not worked at.
    response.once('close', () => {
      if (!response.locals.working) leave();
    });
    next();
  };
}

/** Counts a request as under way for as long as this work. */
export async function working<Result>(response: Response, work: () => Promise<Result>): Promise<Result> {
  response.locals.working = true;
  try {
    return await work();
  } finally {
    response.locals.leave?.();
  }
}

/** Counts open streams. @returns what opens one for a client address, and returns what closes it again */
export function createStreamBounds({ streams, streamsOfOne }: Pick<HttpBounds, 'streams' | 'streamsOfOne'>) {
  const open = new Map<string, number>();
  let all = 0;
  return (address: string): (() => void) => {
    const own = open.get(address) ?? 0;
    if (all >= streams) throw busy(`This service has ${streams} streams open.`);
    if (own >= streamsOfOne)
      throw new HttpProblem(
        429,
        'TOO_MANY_STREAMS',
        `This address has ${streamsOfOne} streams open. Close some.`,
      );
    all += 1;
    open.set(address, own + 1);
    return once(() => {
      all -= 1;
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  };
}

const busy = (what: string) =>
  new HttpProblem(503, 'BUSY', `${what} Try again.`, { headers: { 'Retry-After': '2' } });

function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    fn();
  };
}
