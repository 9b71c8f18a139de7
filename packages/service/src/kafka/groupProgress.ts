import { type PartitionLag, within } from '@brew/kafka';
import type { Health } from '../lifecycle/part.ts';
import { toldSilence } from './giveWay.ts';

export interface GroupProgressOptions {
  /** Of the topics that the group reads. */
  topics: readonly string[];
  /** How far the group is, of all partitions that it has committed. */
  lag(): Promise<readonly PartitionLag[]>;
  now?: () => number;
}

/** A rebalance after a member was killed takes its session's time, 10 s and more, and what a chunk takes comes on top. */
const SLOW_MS = 30_000;
/** Kafka is asked no more often than this, however often somebody asks how we are. */
const LOOK_MS = 5_000;
const PATIENCE_MS = 1_000;

/**
 * Whether a group gets on, told by its committed offsets: of all its members, also those that are frozen, and whatever it is that holds
 * it up. Down is a partition that has something to read, and of which nothing was committed for half a minute, and when Kafka does not say
 * how far the group is.
 */
export function createGroupProgress({ topics, lag, now = () => performance.now() }: GroupProgressOptions) {
  let seen = new Map<string, { committed: bigint; since: number }>();
  let health: Health = { up: true };
  /** When it was asked first, of those times since which it has not answered. */
  let silentSince: number | undefined;
  let reason: string | undefined;
  let looking: Promise<void> | undefined;
  let nextLookAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    silentSince ??= now();
    const told = await lag();
    silentSince = undefined;
    reason = undefined;
    const before = seen;
    const waiting = told.filter((one) => topics.includes(one.topic) && one.lag > 0n);
    seen = new Map();
    const still: { place: string; since: number; lag: bigint }[] = [];
    for (const { topic, partition, committed, lag: left } of waiting) {
      // Where it begins is not known yet: a group that begins now has nothing to read of what there is.
      if (committed === undefined) continue;
      const place = `${topic}/${partition}`;
      const known = before.get(place);
      const since = known?.committed === committed ? known.since : now();
      seen.set(place, { committed, since });
      if (now() - since >= SLOW_MS) still.push({ place, since, lag: left });
    }
    const [first] = still.sort((a, b) => a.since - b.since);
    const others = still.length > 1 ? `, nor of ${still.length - 1} other partitions` : '';
    health = first
      ? {
          up: false,
          detail: `of ${first.lag} records in ${first.place} none was done for ${Math.round((now() - first.since) / 1_000)} s${others}`,
        }
      : { up: true };
  }

  return async (): Promise<Health> => {
    if (now() >= nextLookAt) {
      nextLookAt = now() + LOOK_MS;
      looking ??= look()
        .catch((error: Error) => {
          reason = error.message;
        })
        .finally(() => {
          looking = undefined;
        });
    }
    if (looking) await within(PATIENCE_MS, looking);
    // Until then, what was known last has to do.
    const silence = toldSilence(silentSince, now());
    if (silence === undefined) return health;
    return { up: false, detail: reason === undefined ? silence : `${silence}: ${reason}` };
  };
}
