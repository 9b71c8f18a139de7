import { BrewError } from '@brew/events';
import type { Logger } from 'pino';
import { backoff, type RetryPolicy } from '../backoff.ts';
import type { DeadLetters, Failure } from '../deadLetters.ts';
import { delay } from '../delay.ts';
import { messageOf } from '../errors.ts';
import type { ReceivedRecord } from '../record.ts';
import { leaveIfStopping, type Turn } from './turn.ts';

export interface ProcessorOptions {
  process: (records: ReceivedRecord[]) => Promise<void>;
  deadLetters: DeadLetters;
  isOutage: (error: unknown) => boolean;
  retry: RetryPolicy;
  /** Told when something is down, and with undefined when it is back. */
  onOutage: (error: unknown) => void;
  log: Logger;
}

export interface Processor {
  /** Returns when every record is either processed or parked. Throws only to leave the chunk as it is. */
  run(records: ReceivedRecord[], turn: Turn): Promise<void>;
}

/** While something is down. Well below any session timeout, since the heartbeat comes between the waits. */
const OUTAGE = { initialMs: 200, maxMs: 3_000 };

export function createProcessor(options: ProcessorOptions): Processor {
  const { process, deadLetters, retry, log } = options;

  const isOutage = (error: unknown) =>
    options.isOutage(error) ||
    (error instanceof BrewError &&
      (error.code === 'BREW_REGISTRY_UNAVAILABLE' || error.code === 'BREW_BROKER_UNAVAILABLE'));

  /**
   * Tries again for as long as `waitsFor` says that an error is not the records' fault. What else goes wrong comes
   * back as a value: what this throws is not about the records, but that the chunk has to be left.
   */
  async function persist<Result>(
    turn: Turn,
    waitsFor: (error: unknown) => boolean,
    attempt: () => Promise<Result>,
  ): Promise<Outcome<Result>> {
    for (let failures = 1; ; failures++) {
      leaveIfStopping(turn);
      const outcome = await outcomeOf(attempt);
      if (outcome.ok || !waitsFor(outcome.error)) {
        if (failures > 1) {
          options.onOutage(undefined);
          log.info({ failures: failures - 1 }, 'it works again: going on');
        }
        return outcome;
      }
      options.onOutage(outcome.error);
      log.warn({ err: outcome.error, failures }, 'something is down: waiting for it');
      await pause(turn, backoff(failures, OUTAGE, Math.random()));
    }
  }

  /** For the dead letters: whatever keeps a record out of them, there is nowhere else to go. */
  async function insist<Result>(turn: Turn, attempt: () => Promise<Result>): Promise<Result> {
    const outcome = await persist(turn, () => true, attempt);
    if (!outcome.ok) throw outcome.error;
    return outcome.result;
  }

  async function park(record: ReceivedRecord, failure: Failure, turn: Turn): Promise<void> {
    await insist(turn, () => deadLetters.park(record, failure));
    log.error({ ...describe(record), ...describeFailure(failure) }, 'parked a record in the dead letters');
  }

  /** Parks the records whose key is parked already, and returns the others. */
  async function withoutParked(
    records: ReceivedRecord[],
    topic: string,
    turn: Turn,
  ): Promise<ReceivedRecord[]> {
    const keys = new Set<string>();
    for (const { key } of records) if (key !== null) keys.add(key);
    const parked = await insist(turn, () => deadLetters.parkedKeys(topic, [...keys]));
    if (parked.size === 0) return records;
    const open: ReceivedRecord[] = [];
    for (const record of records) {
      if (record.key === null || !parked.has(record.key)) open.push(record);
      else await park(record, { reason: 'key_parked' }, turn);
    }
    return open;
  }

  /** Tries one record until it succeeds or is out of attempts; says what went wrong, or undefined. */
  async function failureOf(record: ReceivedRecord, turn: Turn): Promise<Failure | undefined> {
    let firstFailedAt: Date | undefined;
    for (let attempts = 1; ; attempts++) {
      const outcome = await persist(turn, isOutage, () => process([record]));
      if (outcome.ok) return undefined;
      // What fails while everything around it shuts down says nothing about the record.
      leaveIfStopping(turn);
      const { error } = outcome;
      const lastFailedAt = new Date();
      firstFailedAt ??= lastFailedAt;
      log.warn({ err: error, ...describe(record), attempt: attempts }, 'a record failed');
      const hopeless = error instanceof BrewError && !error.retryable;
      if (hopeless || attempts >= retry.attempts) {
        return { reason: 'failed', error, attempts, firstFailedAt, lastFailedAt };
      }
      await pause(turn, backoff(attempts, retry, Math.random()));
    }
  }

  async function oneByOne(records: ReceivedRecord[], turn: Turn): Promise<void> {
    const parked = new Set<string>();
    for (const record of records) {
      const behind = record.key !== null && parked.has(record.key);
      const failure: Failure | undefined = behind ? { reason: 'key_parked' } : await failureOf(record, turn);
      if (failure) {
        await park(record, failure, turn);
        if (record.key !== null) parked.add(record.key);
      }
      turn.done(record.offset);
      await turn.heartbeat();
    }
  }

  return {
    async run(records, turn) {
      const [first] = records;
      if (!first) return;
      const open = await withoutParked(records, first.topic, turn);
      if (open.length === 0) return;
      const outcome = await persist(turn, isOutage, () => process(open));
      if (outcome.ok) return;
      leaveIfStopping(turn);
      log.debug(
        { err: outcome.error, ...describe(first), records: open.length },
        'a chunk failed: one by one',
      );
      await oneByOne(open, turn);
    },
  };
}

type Outcome<Result> = { ok: true; result: Result } | { ok: false; error: unknown };

async function outcomeOf<Result>(attempt: () => Promise<Result>): Promise<Outcome<Result>> {
  try {
    return { ok: true, result: await attempt() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Waits, giving a sign of life before and after: the wait is far shorter than the session. */
async function pause(turn: Turn, ms: number): Promise<void> {
  await turn.heartbeat();
  await delay(ms, turn.signal);
  leaveIfStopping(turn);
  await turn.heartbeat();
}

const describe = ({ topic, partition, offset, headers }: ReceivedRecord) => ({
  topic,
  partition,
  offset: String(offset),
  eventId: headers.ce_id,
  correlationId: headers.ce_correlationid,
});

const describeFailure = (failure: Failure) =>
  failure.reason === 'failed'
    ? { reason: failure.reason, attempts: failure.attempts, error: messageOf(failure.error) }
    : { reason: failure.reason };
