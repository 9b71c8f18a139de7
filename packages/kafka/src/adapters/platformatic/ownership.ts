import type { MembershipOptions } from '../../adapter.ts';
import { backoff } from '../../backoff.ts';
import { delay } from '../../delay.ts';
import type { TopicPartition } from '../../record.ts';

/** As the protocol has it. */
interface OfTopic {
  topicId: string;
  partitions: number[];
}

interface Owned extends TopicPartition {
  topicId: string;
}

export interface OwnershipOptions
  extends Pick<MembershipOptions, 'onAssigned' | 'onRevoked' | 'onLost' | 'log'> {
  /** @throws when they can't be told at the moment */
  namesOf(topicIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>;
  /** What is owned is another now, or the way there has failed: the coordinator is to hear of it. */
  onChanged(): void;
}

/** Which partitions a member has, on its way to those that it is to have: first it gives up what is not its any more, then it takes the others. */
export interface Ownership {
  /** What it is to have. A later call takes the place of this one. */
  aimAt(assigned: readonly OfTopic[]): void;
  /** What it has, as the coordinator is told. */
  byTopicId(): OfTopic[];
  /** Nothing of it is its any more. */
  lose(): void;
  /** Gives up everything in order. Takes as long as onRevoked does. */
  revokeAll(): Promise<void>;
  /** What the consumer threw. */
  readonly failure: { error: unknown } | undefined;
}

const RETRY = { initialMs: 100, maxMs: 1_000 };

export function createOwnership(options: OwnershipOptions): Ownership {
  const { namesOf, onAssigned, onRevoked, onLost, onChanged, log } = options;
  let owned: Owned[] = [];
  let aim: readonly OfTopic[] | undefined;
  let moving: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  /** Whether the consumer was told that it is a member. */
  let told = false;
  const names = new Map<string, string>();

  async function move(): Promise<void> {
    while (aim && !failure) {
      const to = aim;
      const surplus = owned.filter((each) => !isIn(to, each));
      if (surplus.length > 0) {
        await onRevoked(surplus.map(placeOf));
        owned = owned.filter((each) => !surplus.includes(each));
        onChanged();
      }
      const missing = (await named(to)).filter((each) => !owned.some((known) => isSame(known, each)));
      if (aim === to && (missing.length > 0 || !told)) {
        told = true;
        owned.push(...missing);
        await onAssigned(missing);
        onChanged();
      }
      if (aim === to) aim = undefined;
    }
  }

  async function named(assigned: readonly OfTopic[]): Promise<Owned[]> {
    const ids = new Set(assigned.map(({ topicId }) => topicId));
    for (let failures = 1; aim === assigned && ![...ids].every((id) => names.has(id)); failures++) {
      try {
        for (const [id, name] of await namesOf(ids)) names.set(id, name);
      } catch (error) {
        log.debug({ err: error, failures }, 'the names of topics are not known');
        await delay(backoff(failures, RETRY, Math.random()));
      }
    }
    return assigned.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => ({ topicId, topic: names.get(topicId) ?? '', partition })),
    );
  }

  function goThere(): Promise<void> {
    moving = moving.then(move).catch((error) => {
      failure ??= { error };
      onChanged();
    });
    return moving;
  }

  return {
    aimAt(assigned) {
      aim = assigned;
      goThere();
    },
    byTopicId: () =>
      [...Map.groupBy(owned, ({ topicId }) => topicId)].map(([topicId, of]) => ({
        topicId,
        partitions: of.map(({ partition }) => partition),
      })),
    lose() {
      aim = undefined;
      told = false;
      const lost = owned;
      owned = [];
      onLost(lost.map(placeOf));
    },
    async revokeAll() {
      aim = undefined;
      const surplus = owned;
      owned = [];
      await onRevoked(surplus.map(placeOf));
    },
    get failure() {
      return failure;
    },
  };
}

const placeOf = ({ topic, partition }: Owned): TopicPartition => ({ topic, partition });

const isSame = (a: Owned, b: Owned): boolean => a.topicId === b.topicId && a.partition === b.partition;

const isIn = (assigned: readonly OfTopic[], { topicId, partition }: Owned): boolean =>
  assigned.some((each) => each.topicId === topicId && each.partitions.includes(partition));
