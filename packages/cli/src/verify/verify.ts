import { orderTopics, type Topic } from '@brew/events';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { askSummaries, type Server } from '../dlq/groups.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { compareDatabases } from './databases/compareDatabases.ts';
import { openDatabases } from './databases/openDatabases.ts';
import { asReported, renderSets, setsAsJson } from './databases/render.ts';
import type { SetResult } from './databases/result.ts';
import { silentServices } from './databases/silentServices.ts';
import { storedReports } from './databases/sql/analytics.ts';
import { follow } from './follow.ts';
import { createLedger } from './ledger.ts';
import { type Reading, startReading } from './reading.ts';
import { renderExamples, renderLettersHint, renderProgress, renderReport } from './render.ts';
import { jsonOf, reportOf } from './report.ts';
import { saying } from './saying.ts';

export interface VerifyOptions {
  /** Goes on with what comes, until the signal is aborted. */
  follow?: boolean;
  /** Compares the databases with the topics as well. */
  databases?: boolean;
  json?: boolean;
  /** How long an order may be open, and what is missing may be on its way, in seconds. */
  youngerThan: number;
}

type Where = Pick<Addresses, 'brokers' | 'registryUrl'> & Partial<Server & Pick<Addresses, 'databaseUrl'>>;

/** The topics of orders under their own names; a test has others. brew.menu.v1 is compacted: most of what was in it is gone. */
const ownTopics: ReadonlyMap<string, Topic> = new Map(orderTopics.map((topic) => [topic.name, topic]));

/** KEEP_DAYS of the services, where their environment does not say otherwise. */
const KEEP_DAYS = 90;
/** And OVERDUE_AFTER_SECONDS of order. */
const OVERDUE_AFTER_SECONDS = 3_600;

/**
 * Reads every topic of orders from the beginning and says whether what must always hold did. It ends, whatever is away or keeps records back.
 * @param patienceMs for so long it waits while nothing comes
 * @returns whether there is no breach, and all could be read; false, too, if it is stopped before it knows
 * @throws ArgumentInvalidError, DatabaseUnreachableError, and what startReading throws
 */
export async function verify(
  options: VerifyOptions,
  addresses: Where,
  io: Io,
  signal: AbortSignal,
  topics: ReadonlyMap<string, Topic> = ownTopics,
  patienceMs?: number,
): Promise<boolean> {
  if (options.follow && options.databases)
    throw new ArgumentInvalidError(
      'Databases are compared with the topics as they are at one time, and --follow goes on.',
      'Take one of --databases and --follow.',
    );
  const { databaseUrl } = addresses;
  const log = pino({ level: 'silent' });
  await using databases = options.databases && databaseUrl ? await openDatabases(databaseUrl, log) : null;
  // Before it is asked where the topics end: so all that is in the reports will be read.
  const reports = databases && (await storedReports(databases.of('analytics')));
  const ledger = createLedger();
  await using reading = await startReading(ledger, topics, addresses, patienceMs);
  // Awaited here: otherwise the reading would be over before it began.
  if (options.follow) return await follow(ledger, reading, options, io, signal);
  await untilCaughtUp(reading, io, signal);
  if (signal.aborted) return stopped(io);
  const graceMs = options.youngerThan * 1_000;
  let sets: SetResult[] = [];
  let silent: string[] = [];
  if (databases && reports) {
    const keepDays = Number(process.env.KEEP_DAYS) || KEEP_DAYS;
    const overdueAfter = Number(process.env.OVERDUE_AFTER_SECONDS) || OVERDUE_AFTER_SECONDS;
    const overdueAfterSeconds = Math.max(overdueAfter, options.youngerThan);
    const comparison = {
      ...{ ledger, reading, databases, reports, graceMs, keepDays, overdueAfterSeconds, signal },
    };
    silent = await silentServices(addresses.services ?? {}, signal);
    const compared = await compareDatabases(comparison, io).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (!compared) return stopped(io);
    sets = compared;
  }
  // Not before: what can't be read may show only now.
  const { summary, breaches, inWords } = reportOf(ledger, reading, reading.startedAt, graceMs);
  const differing = sets.flatMap((set) => set.breaches);
  const sound = summary.sound && differing.length === 0;
  if (options.json) {
    const head = { ...summary, sound, ...(databases && { databases: setsAsJson(sets), silent }) };
    const lists = { breaches, ...(databases && { databaseBreaches: differing }) };
    for (const line of jsonOf(head, lists)) await io.out(line);
    return sound;
  }
  for (const line of renderReport(summary, inWords, io.paint)) await io.out(line);
  if (databases) {
    const examples = renderExamples(differing.map(asReported), io.paint);
    for (const line of [...renderSets(sets, silent, io.paint), ...examples]) await io.out(line);
  } else if (!sound) for (const line of await lettersHint(addresses, signal)) await io.out(line);
  return sound;
}

function stopped(io: Io): false {
  io.note('brew: It was stopped before everything was read, so nothing is known yet. Let it run to its end.');
  return false;
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
  const told = () => renderProgress(reading, performance.now() - begun);
  await saying(io, told, reading.readOn(signal)).catch((error) => {
    if (!signal.aborted) throw error;
  });
}
