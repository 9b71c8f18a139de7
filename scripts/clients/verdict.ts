import { longestStall } from './stall.ts';

/** A record that a subject sent, on the clock of milliseconds since 1970. */
export interface SentRecord {
  key: string;
  number: number;
  at: number;
  /** Left out: it never was, as far as its sender knows. */
  acknowledgedAt?: number;
  /** When its sender was told that it could not be sent. */
  refusedAt?: number;
}

export interface HandledRecord {
  key: string;
  number: number;
  at: number;
}

export interface Counts {
  sent: number;
  acknowledged: number;
  /** Sent, and its sender was told that it could not be. */
  refused: number;
  /** Sent, and its sender never heard what became of it. */
  unanswered: number;
  /** Records that were handled, each counted once. */
  read: number;
  /** Acknowledged, and never handled. */
  lost: number;
  /** Handled again. */
  duplicated: number;
  /** Handled for the first time after a later one of its key. */
  outOfOrder: number;
  /** See longestStall. */
  longestStallMs: number;
}

/**
 * What became of records that were sent.
 * @param handled in any order; their times tell
 * @param since when whoever handles them was ready to, for those that were there before
 * @param until when nothing more was waited for; left out: when the last thing happened that is known
 */
export function judge(
  sent: readonly SentRecord[],
  handled: readonly HandledRecord[],
  since = 0,
  until = lastOf(sent, handled),
): Counts & { lostRecords: SentRecord[] } {
  const seen = new Set<string>();
  const once: HandledRecord[] = [];
  const highest = new Map<string, number>();
  let outOfOrder = 0;
  for (const record of handled.toSorted((a, b) => a.at - b.at)) {
    if (seen.has(idOf(record))) continue;
    const { key, number } = record;
    const before = highest.get(key) ?? number;
    if (number < before) outOfOrder++;
    highest.set(key, Math.max(number, before));
    seen.add(idOf(record));
    once.push(record);
  }
  const acknowledged = sent.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
  const others = sent.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const refused = others.filter(({ refusedAt }) => refusedAt !== undefined).length;
  const lostRecords = acknowledged.filter((record) => !seen.has(idOf(record)));
  return {
    sent: sent.length,
    acknowledged: acknowledged.length,
    refused,
    unanswered: others.length - refused,
    read: seen.size,
    lost: lostRecords.length,
    duplicated: handled.length - once.length,
    outOfOrder,
    longestStallMs: longestStall(sent, once, { since, until }),
    lostRecords,
  };
}

const idOf = ({ key, number }: { key: string; number: number }) => `${key}/${number}`;

function lastOf(sent: readonly SentRecord[], handled: readonly HandledRecord[]): number {
  const answered = sent.map(({ at, acknowledgedAt = at, refusedAt = at }) =>
    Math.max(acknowledgedAt, refusedAt),
  );
  return [...answered, ...handled.map(({ at }) => at)].reduce((a, b) => Math.max(a, b), 0);
}
