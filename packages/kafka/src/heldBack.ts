import { OpenTransactionError } from './errors.ts';

/** A partition, and the offset from which on nothing can be read. */
interface Place {
  topic: string;
  partition: number;
  offset: bigint;
}

/** Partitions of which nothing can be read, because somebody's transaction is open there. */
export interface HeldBack {
  /** Said with each fetch that brought nothing for that reason. */
  note(at: Place): void;
  /** Something came. */
  clear(at: Pick<Place, 'topic' | 'partition'>): void;
  forget(): void;
  /** The one that has been so for longest, if that is too long. */
  readonly longest: (Place & { since: Date; error: OpenTransactionError }) | undefined;
}

/** A transaction takes milliseconds, as a rule, and some seconds where the machine is busy. */
const TOO_LONG_MS = 10_000;

export function createHeldBack(now: () => number = Date.now): HeldBack {
  const places = new Map<string, { at: Place; since: number }>();
  const idOf = ({ topic, partition }: Pick<Place, 'topic' | 'partition'>) => `${topic}/${partition}`;
  return {
    note(at) {
      const id = idOf(at);
      if (places.get(id)?.at.offset !== at.offset) places.set(id, { at, since: now() });
    },
    clear: (at) => void places.delete(idOf(at)),
    forget: () => places.clear(),
    get longest() {
      const [first] = [...places.values()].sort((a, b) => a.since - b.since);
      if (!first || now() - first.since < TOO_LONG_MS) return undefined;
      const { topic, partition, offset } = first.at;
      const since = new Date(first.since);
      return { ...first.at, since, error: new OpenTransactionError(topic, partition, offset, since) };
    },
  };
}
