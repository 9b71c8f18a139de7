import type { HandledRecord, SentRecord } from './verdict.ts';

/**
 * For how long somebody waited at most, in milliseconds: a sender until it heard what became of its record, or whoever waits for a key, from the
 * moment at which the next record of it was sent, whether that succeeded or not, until one was handled. What never came was waited for until the end.
 * @param handled each record once, in the order of time
 * @param during.since when whoever handles them was ready to: they have made nobody wait before
 * @param during.until when nothing more was waited for
 */
export function longestStall(
  sent: readonly SentRecord[],
  handled: readonly HandledRecord[],
  { since, until }: { since: number; until: number },
): number {
  const attempts = Map.groupBy(sent, ({ key }) => key);
  for (const of of attempts.values()) of.sort((a, b) => a.number - b.number);
  const state = new Map<string, { number: number; at: number; next: number }>();
  const start = { number: -1, at: since, next: 0 };
  let longest = sent.reduce((most, record) => Math.max(most, answeredAt(record, until) - record.at), 0);

  /** The next one of a key to be handled, and where it stands. */
  function nextOf(key: string) {
    const before = state.get(key) ?? start;
    const of = attempts.get(key) ?? [];
    let { next } = before;
    while ((of[next]?.number ?? Number.POSITIVE_INFINITY) <= before.number) next++;
    return { before, next, sentAt: of[next]?.at };
  }

  for (const { key, number, at } of handled) {
    const { before, next, sentAt } = nextOf(key);
    if (number < before.number) continue;
    longest = Math.max(longest, at - Math.max(sentAt ?? at, before.at));
    state.set(key, { number, at, next });
  }
  for (const key of attempts.keys()) {
    const { before, sentAt } = nextOf(key);
    longest = Math.max(longest, until - Math.max(sentAt ?? until, before.at));
  }
  return longest;
}

const answeredAt = ({ acknowledgedAt, refusedAt }: SentRecord, until: number) =>
  acknowledgedAt ?? refusedAt ?? until;
