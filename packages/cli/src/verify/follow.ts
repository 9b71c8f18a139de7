import { setTimeout as delay } from 'node:timers/promises';
import type { Io } from '../io.ts';
import { createExamples } from './examples.ts';
import type { Ledger } from './ledger.ts';
import type { Reading } from './reading.ts';
import { renderBreach, renderMoment } from './render.ts';
import { type ReportedBreach, reportedBreach, reportedRecord } from './report.ts';
import type { VerifyOptions } from './verify.ts';

/** A line of `brew verify --follow --json`. */
export interface Moment {
  time: string;
  orders: number;
  open: number;
  delivered: number;
  cancelled: number;
  repeats: number;
  eventsPerSecond: number;
  /** Records that are there and not read yet; null when Kafka does not say. */
  lag: number | null;
  /** Found since it began, also what has come right again. */
  breaches: number;
  /** Those that were found in this second: all of them. */
  found: ReportedBreach[];
}

const SECOND_MS = 1_000;

/** A line a second, and each breach as it is found, until the signal is aborted. @returns whether there was none */
export async function follow(
  ledger: Ledger,
  reading: Reading,
  { json, youngerThan }: VerifyOptions,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const find = createSearch(ledger, reading, youngerThan * 1_000);
  let [before, lookedAt] = [reading.read, performance.now()];
  let breaches = 0;
  const examples = createExamples(({ invariant }: ReportedBreach) => invariant);

  async function look(): Promise<void> {
    const lag = await reading.lag().catch(() => null);
    const found = find();
    breaches += found.length;
    const [read, at] = [reading.read, performance.now()];
    const eventsPerSecond = Math.round(((read - before) * 1_000) / (at - lookedAt));
    [before, lookedAt] = [read, at];
    const { orders, open, delivered, cancelled, repeats } = ledger.counts();
    const time = new Date().toISOString();
    const counts = { orders, open, delivered, cancelled, repeats, eventsPerSecond, lag, breaches };
    const moment: Moment = { time, ...counts, found };
    if (json) return io.out(JSON.stringify(moment));
    for (const breach of found.filter(examples.take)) {
      for (const line of renderBreach(breach, io.paint)) await io.out(line);
    }
    await io.out(renderMoment(moment, io.paint));
  }

  while (!signal.aborted) {
    await delay(SECOND_MS, undefined, { signal }).catch(() => {}); // aborted: one last look
    await look();
  }
  return breaches === 0;
}

/** Finds each breach once, and looks for them only when there is something new to judge. */
function createSearch(ledger: Ledger, reading: Reading, graceMs: number): () => ReportedBreach[] {
  const known = new Set<string>();
  let judgedAt: number | undefined;
  let records = 0;
  return () => {
    const unreadable = reading.unreadable.slice(records);
    records += unreadable.length;
    const { completeAt } = reading;
    const isNew = completeAt !== undefined && completeAt !== judgedAt;
    judgedAt = completeAt;
    const breaches = isNew ? ledger.breaches(completeAt, graceMs) : [];
    const unknown = breaches.filter(({ invariant, orderId }) => !known.has(`${invariant}/${orderId}`));
    for (const { invariant, orderId } of unknown) known.add(`${invariant}/${orderId}`);
    return [...unknown.map(reportedBreach), ...unreadable.map((record) => reportedRecord(record))];
  };
}
