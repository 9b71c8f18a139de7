import { delay } from '@brew/kafka';

/** An instance lets go of what one does at a time: another one may try. */
export class GivesWayError extends Error {
  constructor(why: string) {
    super(`${why}: another instance may try`);
    this.name = 'GivesWayError';
  }
}

/** How long Kafka may be silent to the instance whose turn it is, before it lets another one try. */
const GIVE_WAY_MS = 15_000;
/** After whatever went wrong, the others come first, who look every 2 s. */
export const STAND_BACK_MS = 2_500;
const LOOK_MS = 1_000;

/** What sends to Kafka, or reads from it. */
export interface Silence {
  /** Since when, on the clock of performance.now(), Kafka has answered nothing of what it was asked; undefined: it does, or was asked nothing. */
  readonly silentSince: number | undefined;
}

/**
 * Does the work of a turn for as long as Kafka answers.
 * @throws GivesWayError when it has not for 15 s, as soon as the work has ended on its signal; what the work throws
 */
export async function giveWayWhenSilent<Result>(
  kafka: Silence,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const giveWay = new AbortController();
  const either = AbortSignal.any([signal, giveWay.signal]);
  const since = performance.now();
  const watch = async () => {
    while (!over.signal.aborted) {
      // Of whoever asked before this turn, the silence is not this turn's.
      const silentSince = Math.max(kafka.silentSince ?? Number.POSITIVE_INFINITY, since);
      if (performance.now() - silentSince > GIVE_WAY_MS)
        return giveWay.abort(new GivesWayError(`Kafka has not answered for ${GIVE_WAY_MS / 1_000} s`));
      await delay(LOOK_MS, over.signal);
    }
  };
  void watch();
  try {
    return await work(either);
  } catch (error) {
    throw giveWay.signal.aborted ? giveWay.signal.reason : error;
  } finally {
    over.abort();
  }
}

/** How long Kafka may be silent before health says so: an election takes some seconds. */
const WORTH_TELLING_MS = 10_000;

/** That Kafka does not answer, and since when; undefined while that is not worth telling. @param now on the clock of performance.now() */
export function toldSilence(silentSince: number | undefined, now = performance.now()): string | undefined {
  if (silentSince === undefined || now - silentSince < WORTH_TELLING_MS) return undefined;
  return `Kafka does not answer since ${new Date(Date.now() - (now - silentSince)).toISOString()}`;
}
