import { orderTopics, type Topic } from '@brew/events';
import type { Addresses } from '../addresses.ts';
import { askSummaries, type Server } from '../dlq/groups.ts';
import type { Io } from '../io.ts';
import { follow } from './follow.ts';
import { createLedger } from './ledger.ts';
import { type Reading, startReading } from './reading.ts';
import { renderLettersHint, renderProgress, renderReport } from './render.ts';
import { jsonOf, reportOf } from './report.ts';

export interface VerifyOptions {
  /** Goes on with what comes, until the signal is aborted. */
  follow?: boolean;
  json?: boolean;
  /** How long an order may be open, and what is missing may be on its way, in seconds. */
  youngerThan: number;
}

/** The topics of orders under their own names; a test has others. brew.menu.v1 is compacted: most of what was in it is gone. */
const ownTopics: ReadonlyMap<string, Topic> = new Map(orderTopics.map((topic) => [topic.name, topic]));

/** How often something is said while it reads: the first time after a second, when it is clear that it takes longer. */
const PROGRESS_MS = 1_000;

/**
 * Reads every topic of orders from the beginning and says whether what must always hold did.
 * @returns whether there is no breach; false, too, if it is stopped before it knows
 */
export async function verify(
  options: VerifyOptions,
  addresses: Pick<Addresses, 'brokers' | 'registryUrl'> & Partial<Server>,
  io: Io,
  signal: AbortSignal,
  topics: ReadonlyMap<string, Topic> = ownTopics,
): Promise<boolean> {
  const ledger = createLedger();
  await using reading = await startReading(ledger, topics, addresses);
  // Awaited here: otherwise the reading would be over before it began.
  if (options.follow) return await follow(ledger, reading, options, io, signal);
  await untilCaughtUp(reading, io, signal);
  if (signal.aborted) {
    io.note(
      'brew: It was stopped before everything was read, so nothing is known yet. Let it run to its end.',
    );
    return false;
  }
  const { summary, breaches } = reportOf(ledger, reading, reading.startedAt, options.youngerThan * 1_000);
  const lines = options.json ? jsonOf(summary, { breaches }) : renderReport(summary, breaches, io.paint);
  for (const line of lines) await io.out(line);
  if (!options.json && !summary.sound)
    for (const line of await lettersHint(addresses, signal)) await io.out(line);
  return summary.sound;
}

/** Who does not answer by then may have some. */
const PATIENCE_MS = 2_000;

/** What was not done may lie in the dead letters. */
async function lettersHint({ services }: Partial<Server>, signal: AbortSignal): Promise<string[]> {
  if (!services) return [];
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const answers = await askSummaries({ services }, patience);
  return renderLettersHint(
    answers.flatMap(({ answer }) => answer ?? []),
    answers.flatMap(({ group, answer }) => (answer ? [] : [group])),
  );
}

async function untilCaughtUp(reading: Reading, io: Io, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  const progress = setInterval(() => {
    io.note(renderProgress(reading, performance.now() - begun));
  }, PROGRESS_MS);
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([reading.whenCaughtUp(), aborted]);
  } finally {
    clearInterval(progress);
  }
}
