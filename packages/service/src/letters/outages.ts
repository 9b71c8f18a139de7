import { verdictOf } from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import { HttpProblem } from '../http/problem.ts';

/** Runs what answers 503 when something is out of order around the letters, or it is told to end. */
export async function orUnavailable<Result>(
  signal: AbortSignal,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    const stopped = signal.aborted;
    if (!stopped && verdictOf(error, isOutage) !== 'outage') throw error;
    const why = stopped ? 'It was told to end' : `Something is out of order: ${textOf(error)}`;
    throw new HttpProblem(503, 'UNAVAILABLE', `${why}. What was done until then is done; try again.`, {
      headers: { 'Retry-After': '2' },
    });
  }
}

const textOf = (error: unknown) =>
  error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
