import type { GroupProgress } from '@brew/kafka/inspect';
import type { LetterSummary } from '../dlq/letters.ts';

/** A consumer group as it is now: what `brew groups --json` prints. Null is what is not known, or not there. */
export interface GroupReport {
  group: string;
  /** Kafka's word, such as Stable or Empty. */
  state: string;
  /** Who shares out partitions: `classic`: the members; `consumer`: the broker. */
  protocol: string;
  coordinator: number;
  members: {
    memberId: string;
    clientId: string;
    host: string;
    assigned: { topic: string; partitions: number[] }[];
  }[];
  partitions: GroupPartition[];
  /** Records that are ahead of it in all partitions where it has committed; null when one does not tell where it ends. */
  lag: number | null;
  /** Dead letters that wait, and keys that are parked because of them; null of a group that is none of Brew's, or whose service does not tell. */
  letters: number | null;
  parkedKeys: number | null;
}

/** What a group's service tells of its dead letters. */
export type GroupLetters = Pick<LetterSummary, 'group' | 'waiting' | 'parkedKeys'>;

interface GroupPartition {
  topic: string;
  partition: number;
  committed: number | null;
  latest: number | null;
  lag: number | null;
  /** How many of these nobody can read yet, because they lie behind a transaction that is open. */
  heldBack: number | null;
  /** How many offsets before these were deleted unread, by retention or by hand. */
  deleted: number | null;
  /** How long the first record ahead of it has been waiting, in milliseconds; null when none is, or when nobody looked. */
  lagMs: number | null;
  memberId: string | null;
}

/**
 * Whether it is what a follower has left behind: `verify`, `watch` and the cache of a menu read in a group of their own, which brokers list for
 * ten minutes after its end.
 */
export const isLeftover = ({ group, members }: Pick<GroupProgress, 'group' | 'members'>): boolean =>
  members.length === 0 && /\.follower\.[0-9a-f-]{36}$/.test(group);

export function groupReport(
  found: GroupProgress,
  now: Date,
  letters: readonly GroupLetters[] = [],
): GroupReport {
  const its = letters.find((each) => each.group === found.group);
  const { group, state, type, coordinator, members } = found;
  const partitions = found.partitions.map(
    ({
      topic,
      partition,
      committed,
      latest,
      lag,
      heldBack,
      deleted,
      waitingSince,
      memberId,
    }): GroupPartition => ({
      topic,
      partition,
      committed: committed === undefined ? null : Number(committed),
      latest: latest === undefined ? null : Number(latest),
      lag: lag === undefined ? null : Number(lag),
      heldBack: heldBack === undefined ? null : Number(heldBack),
      deleted: deleted === undefined ? null : Number(deleted),
      lagMs: waitingSince ? Math.max(0, now.getTime() - waitingSince.getTime()) : null,
      memberId: memberId ?? null,
    }),
  );
  return {
    group,
    state,
    protocol: type,
    coordinator,
    members,
    partitions,
    lag: partitions.some(({ latest }) => latest === null)
      ? null
      : partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    letters: its?.waiting ?? null,
    parkedKeys: its?.parkedKeys ?? null,
  };
}
