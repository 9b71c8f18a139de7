import { type Admin, createAdmin, delay } from '@brew/kafka';
import type { ServiceContext } from '../context.ts';
import type { Health } from '../lifecycle/part.ts';

/** Longer than a worker pauses while all is well, and than a transaction lives that was under way when its process was frozen. */
const AWAY_MS = 15_000;
const LOOK_MS = 500;
/** A member that was killed keeps its partitions for 15 s, and a busy machine takes its time to share them out anew. After that, it is held up. */
const STANDSTILL_MS = 60_000;
const WORTH_TELLING_MS = 10_000;

export interface CatchUpOptions {
  /** What the group reads. */
  topics: readonly string[];
  /** Called when the group has caught up: the worker that waits is to look again. */
  onCaughtUp(): void;
  admin?: Pick<Admin, 'topicOffsets' | 'groupLag' | 'close'>;
  /** In milliseconds; has to run on while the process is frozen. */
  now?: () => number;
}

export interface CatchUp {
  /**
   * Whether what is in the tables may be acted upon. To be asked whenever the worker has come to act and PostgreSQL answers: when it was
   * not asked for a while, the process was started, frozen, or without its database. From then on the answer is no, until the group has
   * read up to where its topics ended at that moment, whichever instance does it.
   */
  mayAct(): boolean;
  /** Down when it takes long, with what is waited for. */
  health(): Health;
  stop(): Promise<void>;
}

/**
 * For a worker that begins by itself what cannot be taken back, on what the service's group has read: while it was away, somebody may have
 * called it off. A partition that stands still is not waited for; that is for staff to look at, and everybody else's orders go on.
 */
export function createCatchUp(
  { name: group, client, log }: Pick<ServiceContext, 'name' | 'client' | 'log'>,
  { topics, onCaughtUp, admin = createAdmin({ client, log }), now = () => performance.now() }: CatchUpOptions,
): CatchUp {
  let askedAt = Number.NEGATIVE_INFINITY;
  let waiting: { since: number; for: string; over: AbortController } | undefined;

  function wait(): void {
    waiting?.over.abort();
    const turn = { since: now(), for: 'Kafka has yet to say how far it is', over: new AbortController() };
    const { signal } = turn.over;
    waiting = turn;
    const whileItLasts = async () => {
      const progress = createProgress();
      let isTold = false;
      while (!signal.aborted) {
        turn.for = (await progress()) ?? '';
        if (turn.for === '') break;
        if (!isTold && now() - turn.since >= WORTH_TELLING_MS) {
          log.warn({ reason: turn.for }, 'beginning nothing before the group has read what came meanwhile');
          isTold = true;
        }
        await delay(LOOK_MS, signal);
      }
      if (signal.aborted) return;
      if (isTold) log.info('the group has read what came meanwhile');
      waiting = undefined;
      onCaughtUp();
    };
    void whileItLasts();
  }

  /** @returns a look at what the group has yet to read of what there is now; undefined: nothing, but for what stands still */
  function createProgress(): () => Promise<string | undefined> {
    let ends: { place: string; first: bigint; end: bigint }[] | undefined;
    let seen = new Map<string, { at: bigint; since: number }>();

    async function look(): Promise<string | undefined> {
      ends ??= await endsOf(topics);
      const lag = await admin.groupLag(group);
      const committed = new Map(lag.map((each) => [placeOf(each.topic, each.partition), each.committed]));
      const before = seen;
      seen = new Map();
      for (const { place, first, end } of ends) {
        const at = committed.get(place) ?? first;
        if (at >= end) continue;
        const known = before.get(place);
        seen.set(place, { at, since: known?.at === at ? known.since : now() });
      }
      const [next, ...others] = [...seen].filter(([, { since }]) => now() - since < STANDSTILL_MS);
      if (next) {
        const more = others.length > 0 ? `, and ${others.length} more partitions` : '';
        return `${next[0]} is read up to offset ${next[1].at}${more}`;
      }
      if (seen.size > 0) log.warn({ partitions: [...seen.keys()] }, 'not waiting for what stands still');
      return undefined;
    }

    return () =>
      look().catch((error: Error) => {
        // Without Kafka nobody gets on: it says nothing about a partition.
        seen = new Map();
        return error.message;
      });
  }

  async function endsOf(topics: readonly string[]) {
    const ends = topics.map(async (topic) =>
      (await admin.topicOffsets(topic)).map(({ partition, earliest, latest }) => ({
        place: placeOf(topic, partition),
        first: earliest,
        end: latest,
      })),
    );
    return (await Promise.all(ends)).flat();
  }

  return {
    mayAct() {
      const awayMs = now() - askedAt;
      askedAt = now();
      if (awayMs > AWAY_MS) wait();
      return waiting === undefined;
    },
    health() {
      if (waiting === undefined) return { up: true };
      const detail = `begins nothing before the group has read what came meanwhile: ${waiting.for}`;
      return { up: now() - waiting.since < WORTH_TELLING_MS, detail };
    },
    async stop() {
      waiting?.over.abort();
      await admin.close();
    },
  };
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`;
