import { MAX_REDRIVES, type WaitingLetter } from '@brew/postgres';

export interface Skipped {
  id: string;
  why: string;
  /** Of one that was done before. */
  status?: 'redriven' | 'discarded';
}

export interface Plan {
  /** What goes, key by key, each key's in the order of its records. */
  going: WaitingLetter[];
  skipped: Skipped[];
}

export interface PlanOptions {
  /** The letters that were asked for and wait, in the order in which they are to go; others of their keys may be among `waiting`. */
  asked: readonly string[];
  /** The asked ones and everything else that waits of their keys, each key's in the order of its records. */
  waiting: readonly WaitingLetter[];
  /** Whether they were asked for by their ids: then a letter that has failed too often goes, too. */
  byId: boolean;
  /** Whether records of a key wait for each other; otherwise each letter stands alone. */
  parksKeys: boolean;
}

/**
 * Which letters go. One goes only if all that wait before it of its key go as well; those that came behind a parked one go with it, unasked:
 * there is nothing wrong with them.
 */
export function planRedrive({ asked, waiting, byId, parksKeys }: PlanOptions): Plan {
  const rank = new Map(asked.map((id, index) => [id, index]));
  const plan: Plan = { going: [], skipped: [] };
  const lines = linesOf(waiting, parksKeys).map((letters) => ({
    letters,
    first: Math.min(...letters.map(({ id }) => rank.get(id) ?? Number.POSITIVE_INFINITY)),
  }));
  for (const { letters } of lines.sort((a, b) => a.first - b.first)) {
    let blocking: WaitingLetter | undefined;
    for (const [index, letter] of letters.entries()) {
      const isAsked = rank.has(letter.id);
      const unasked = index > 0 && letter.reason === 'key_parked';
      const why = blocking
        ? `waits behind letter ${blocking.id}, which has to go first`
        : whyNot(letter, byId && isAsked);
      if (why === undefined && (isAsked || unasked)) {
        plan.going.push(letter);
        continue;
      }
      if (isAsked) plan.skipped.push({ id: letter.id, why: why ?? '' });
      blocking ??= letter;
    }
  }
  return plan;
}

/** Why a letter can't go, whatever is before it. */
function whyNot({ reason, redrives }: WaitingLetter, byId: boolean): string | undefined {
  if (!REDRIVABLE.has(reason)) return REASONS[reason] ?? REASONS.foreign;
  if (!byId && redrives >= MAX_REDRIVES) {
    return `has failed ${redrives} redrives: find out why, then redrive it by its id alone`;
  }
  return undefined;
}

export const REDRIVABLE: ReadonlySet<string> = new Set(['failed', 'key_parked']);

const REASONS: Record<string, string> = {
  unreadable:
    'stands for records that nobody can read: find out who wrote them and have them sent again, then discard it',
  deleted:
    'stands for records that were deleted before they were read: have them sent again, then discard it, and their partition goes on',
  foreign: 'was written into the dead letter topic by somebody else: look at it, then discard it',
};

function linesOf(waiting: readonly WaitingLetter[], parksKeys: boolean): WaitingLetter[][] {
  const lines = Map.groupBy(waiting, ({ id, topic, keyHash }) =>
    parksKeys && keyHash ? `${topic}/${keyHash.toString('hex')}` : id,
  );
  return [...lines.values()];
}
