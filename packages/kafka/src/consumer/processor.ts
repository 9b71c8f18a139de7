import type { Logger } from 'pino';
import { backoff, type RetryPolicy } from '../backoff.ts';
import type { DeadLetters, Failure } from '../deadLetters.ts';
import { EveryRecordFailsError } from '../errors.ts';
import type { Gap } from '../fetched.ts';
import { keyIdOf, placeOf, type ReceivedRecord } from '../record.ts';
import { type Sieve, sift } from '../sift.ts';
import { type Verdict, verdictOf } from '../verdict.ts';
import type { Breaker } from './breaker.ts';
import type { Chunk } from './chunks.ts';
import { createParking } from './parking.ts';
import { createPersistence, type Outcome } from './persistence.ts';
import { pause, type Turn } from './turn.ts';

export interface ProcessorOptions {
  /** @param signal once it is aborted, work that has not begun may be left */
  process: (records: readonly ReceivedRecord[], signal: AbortSignal) => Promise<void>;
  /** The same for what is tried again: at once, and alone. By default `process`. */
  processAlone?: ProcessorOptions['process'];
  /** Waited for before anything is begun that has effects: an attempt, or a letter. Returns when `signal` is aborted. */
  mayBegin?: (signal: AbortSignal) => Promise<void>;
  deadLetters: DeadLetters;
  isOutage: (error: unknown) => boolean;
  retry: RetryPolicy;
  breaker: Breaker;
  /** The clock, in milliseconds; by default the process's. */
  now?: () => number;
  log: Logger;
}

export interface Processor {
  /** Returns when every record is either processed or parked, and the gap told. Throws only to leave the chunk as it is. */
  run(chunk: Pick<Chunk, 'records' | 'unfit' | 'gap'>, turn: Turn): Promise<void>;
  /**
   * Waits until somebody has decided to go on without these records, which were deleted before they were read.
   * @returns false when nobody has, but the topic has been made anew: they are of no topic that there is
   */
  passLoss(gap: Gap, turn: Turn, isAnew: () => Promise<boolean>): Promise<boolean>;
}

/** A record that has failed, with those of its key that came behind it and must not overtake it. */
interface Failing {
  record: ReceivedRecord;
  behind: ReceivedRecord[];
  error: unknown;
  verdict: Verdict;
  attempts: number;
  firstFailedAt: Date;
  lastFailedAt: Date;
}

/** What the attempts may take where more than so many of a chunk fail: with hundreds of them, the good ones behind would wait for minutes. */
const MANY = 20;
const PATIENCE_MS = 3_000;

/** While every record fails. */
const HALTED = { initialMs: 1_000, maxMs: 30_000 };

export function createProcessor(options: ProcessorOptions): Processor {
  const { process, processAlone = process, deadLetters, breaker, retry, log } = options;
  const now = options.now ?? (() => performance.now());
  const judge = (error: unknown) => verdictOf(error, options.isOutage);
  const { persist, insist } = createPersistence(log, options.mayBegin);
  const { park, withoutParked, tell, tellLoss } = createParking({ deadLetters, insist, log });

  /** The work on one chunk. */
  function createWork(unfit: ReadonlyMap<ReceivedRecord, unknown>, turn: Turn) {
    let failing: Failing[] = [];
    const successesBefore = breaker.successes;
    let closingsBefore = breaker.closings;

    /** @returns what went wrong with these records, which may be an outage that has passed */
    async function attempt(records: readonly ReceivedRecord[], alone: boolean): Promise<Outcome<void>> {
      const isOutage = (error: unknown) => !(error instanceof UnfitError) && judge(error) === 'outage';
      const run = alone ? processAlone : process;
      const [first] = records as readonly [ReceivedRecord];
      const outcome = await persist(turn, first, isOutage, async () => {
        const bad = unfit.size === 0 ? undefined : records.find((record) => unfit.has(record));
        if (bad) throw new UnfitError(unfit.get(bad));
        await run(records, turn.signal);
      });
      if (outcome.ok) breaker.succeeded();
      return outcome;
    }

    function note(record: ReceivedRecord, error: unknown, before?: Failing): Failing {
      const at = new Date();
      const reason = error instanceof UnfitError ? error.cause : error;
      const attempts = (before?.attempts ?? 0) + 1;
      log.warn({ err: reason, ...placeOf(record), attempt: attempts }, 'a record failed');
      return {
        ...(before ?? { record, behind: [], firstFailedAt: at }),
        error: reason,
        verdict: error instanceof UnfitError ? 'unfit' : judge(error),
        attempts,
        lastFailedAt: at,
      };
    }

    /** Leaves out what is behind a failing record of its key, and notes it there. */
    function free(records: readonly ReceivedRecord[]): readonly ReceivedRecord[] {
      if (failing.length === 0) return records;
      const byKey = new Map(failing.map((each) => [keyIdOf(each.record), each]));
      return records.filter((record) => {
        const id = keyIdOf(record);
        const before = id === null ? undefined : byKey.get(id);
        before?.behind.push(record);
        return before === undefined;
      });
    }

    /** Notes what can't be handled whatever comes, without an attempt: only what has nothing of its key before it, whose turn comes first. */
    function withoutUnfit(records: readonly ReceivedRecord[]): readonly ReceivedRecord[] {
      if (unfit.size === 0) return records;
      const keys = new Set<string>();
      return records.filter((record) => {
        const id = keyIdOf(record);
        const isFirst = id === null || !keys.has(id);
        if (id !== null) keys.add(id);
        if (!isFirst || !unfit.has(record)) return true;
        failing.push(note(record, new UnfitError(unfit.get(record))));
        return false;
      });
    }

    const sieve: Sieve<ReceivedRecord> = {
      free,
      attempt,
      blame: (record, error) => void failing.push(note(record, error)),
    };

    /** Another attempt for each that failed, and then for what waits behind it. */
    async function again(): Promise<void> {
      const before = failing;
      failing = [];
      for (const each of before) {
        const outcome = await attempt([each.record], true);
        if (outcome.ok) await sift(each.behind, sieve, true);
        else failing.push(note(each.record, outcome.error, each));
      }
    }

    /** Parks those that are out of attempts. What was behind them is parked as well, or goes on, as the dead letters have it. */
    async function give(up: readonly Failing[]): Promise<void> {
      failing = failing.filter((each) => !up.includes(each));
      await park(
        up.map(({ record, ...failure }) => ({ record, failure: failureOf(failure) })),
        turn,
      );
      const behind = up.flatMap((each) => each.behind).sort((a, b) => (a.offset < b.offset ? -1 : 1));
      await sift(await withoutParked(behind, turn), sieve, true);
    }

    /** Everything before the first record that isn't done. */
    function advance(): void {
      const [first] = failing.toSorted((a, b) => (a.record.offset < b.record.offset ? -1 : 1));
      if (!first) return;
      turn.done(first.record.offset);
      turn.heldUp({ at: first.record, error: first.error, waits: false });
    }

    /**
     * Waits while every record fails. What is out of attempts is tried again meanwhile, and begins anew when anything has succeeded.
     * @returns those that are to be parked now
     */
    async function passBreaker(up: readonly Failing[]): Promise<readonly Failing[]> {
      if (breaker.closings > closingsBefore) {
        // They failed while everything did, and that is over: their attempts say nothing about them.
        closingsBefore = breaker.closings;
        for (const each of up) each.attempts = 0;
        return [];
      }
      // Something has succeeded since these records came, of this partition or another one.
      if (breaker.successes > successesBefore) return up;
      for (const { record, error } of up) {
        if (!breaker.failed(keyIdOf(record) ?? `${record.partition}/${record.offset}`)) continue;
        log.error(
          { err: error, ...placeOf(record) },
          'every record fails: none is parked until one succeeds',
        );
      }
      if (!breaker.isOpen) return up;
      const [first] = up as [Failing];
      const { record } = first;
      for (let waits = 1; breaker.isOpen; waits++) {
        const since = breaker.openSince ?? new Date();
        turn.heldUp({ at: record, error: new EveryRecordFailsError(since, first.error), waits: true });
        await pause(turn, backoff(waits, HALTED, 1), () => !breaker.isOpen);
        if (!breaker.isOpen) break;
        if ((await attempt([record], true)).ok) {
          failing = failing.filter((each) => each !== first);
          await sift(first.behind, sieve, true);
        } else if (breaker.lets()) return [first];
      }
      log.info('a record has succeeded: going on');
      closingsBefore = breaker.closings;
      for (const each of up) each.attempts = 0;
      return [];
    }

    return async (records: readonly ReceivedRecord[]): Promise<void> => {
      const impatientFrom = now() + PATIENCE_MS;
      await sift(withoutUnfit(records), sieve);
      for (let round = 1; failing.length > 0; round++) {
        advance();
        const unfit = failing.filter(({ verdict }) => verdict === 'unfit');
        if (unfit.length > 0) await give(unfit);
        const isTooMuch = failing.length > MANY && now() > impatientFrom;
        const enough = isTooMuch ? Math.min(2, retry.attempts) : retry.attempts;
        const up = failing.filter(({ attempts }) => attempts >= enough);
        if (up.length > 0) await give(await passBreaker(up));
        if (failing.length === 0) break;
        await pause(turn, backoff(round, retry, Math.random()));
        await again();
      }
    };
  }

  return {
    async run({ records, unfit, gap }, turn) {
      await createWork(unfit, turn)(await withoutParked(records, turn));
      if (gap) await tell(gap, turn);
    },
    passLoss: tellLoss,
  };
}

/** What the record's own reading threw: whatever it is, it is never an outage. */
class UnfitError extends Error {
  constructor(cause: unknown) {
    super('unfit', { cause });
  }
}

const failureOf = ({ error, attempts, firstFailedAt, lastFailedAt }: Omit<Failing, 'record'>): Failure => ({
  reason: 'failed',
  ...{ error, attempts, firstFailedAt, lastFailedAt },
});
