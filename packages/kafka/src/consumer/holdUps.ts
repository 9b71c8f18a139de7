import type { HoldUp, Place } from './turn.ts';

/** Something that a consumer has to do and does not get on with. */
export interface HeldUp extends Place {
  since: Date;
  /** What went wrong; undefined when nothing did, but it takes its time. */
  error: unknown;
  /** How many other partitions do not get on either. */
  others: number;
}

/** What is in hand of each partition, since when, and what keeps it. */
export interface HoldUps {
  begin(at: Place): void;
  set(at: Pick<Place, 'topic' | 'partition'>, holdUp: HoldUp | undefined): void;
  end(at: Pick<Place, 'topic' | 'partition'>): void;
  /** What is waited for: something around the records, such as a database that is down. */
  readonly waitsFor: unknown;
  /** What has been in hand for longest, if that is too long. */
  readonly longest: HeldUp | undefined;
}

/** A record that fails is parked within a few seconds; what takes longer has something to be told of. */
const TOO_LONG_MS = 10_000;

export function createHoldUps(now: () => number = Date.now): HoldUps {
  const inHand = new Map<string, { at: Place; since: number; holdUp: HoldUp | undefined }>();
  const idOf = ({ topic, partition }: Pick<Place, 'topic' | 'partition'>) => `${topic}/${partition}`;

  return {
    begin(at) {
      const known = inHand.get(idOf(at));
      // The same again: it has not got on.
      const since = known?.at.offset === at.offset ? known.since : now();
      inHand.set(idOf(at), { at, since, holdUp: undefined });
    },
    set(at, holdUp) {
      const known = inHand.get(idOf(at));
      if (!known) return;
      // Another record than before: it has got on.
      const gotOn = holdUp !== undefined && holdUp.at.offset > known.at.offset;
      inHand.set(idOf(at), {
        at: holdUp?.at ?? known.at,
        since: gotOn ? now() : known.since,
        holdUp,
      });
    },
    end: (at) => void inHand.delete(idOf(at)),
    get waitsFor() {
      for (const { holdUp } of inHand.values()) if (holdUp?.waits) return holdUp.error;
      return undefined;
    },
    get longest() {
      const tooLong = [...inHand.values()].filter(({ since }) => now() - since >= TOO_LONG_MS);
      const [first, ...others] = tooLong.sort((a, b) => a.since - b.since);
      if (!first) return undefined;
      const { topic, partition, offset, key } = first.at;
      const since = new Date(first.since);
      return { topic, partition, offset, key, since, error: first.holdUp?.error, others: others.length };
    },
  };
}
