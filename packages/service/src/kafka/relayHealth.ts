import type { Backlog, Outbox } from '@brew/postgres';
import type { Health } from '../lifecycle/part.ts';

/** A batch takes milliseconds, the election of a new leader a few seconds. */
const SLOW_MS = 5_000;

export interface RelayHealthOptions {
  outbox: Pick<Outbox, 'backlog'>;
  state(): string;
  /** What went wrong last, if it has not gone well since. */
  trouble(): unknown;
  /** Topics that take nothing, with the reason. */
  closed(): string[];
}

/**
 * Whether the outbox gets on: seen by its rows, so that an instance that stands by knows it, too. Down means that something has waited
 * for longer than it should, and that nothing has moved for as long; what led to that is only told.
 */
export function createRelayHealth({ outbox, state, trouble, closed }: RelayHealthOptions) {
  let movedAt = Number.NEGATIVE_INFINITY;
  let oldest: string | null = null;

  function judge({ rows, oldestId, oldestSeconds, refused, held }: Backlog): Health {
    // Another row is the oldest one than at the last look: whoever owns the outbox gets on.
    if (oldest !== null && oldest !== oldestId) movedAt = performance.now();
    oldest = oldestId;
    const detail = [
      state(),
      ...(refused > 0 ? [`Kafka refuses ${count(refused, 'event')}, ${held} wait behind`] : []),
    ];
    const isMoving = performance.now() - movedAt < SLOW_MS && closed().length === 0;
    if (oldestSeconds * 1_000 < SLOW_MS || isMoving) return { up: true, detail: detail.join('; ') };
    const waiting = `${count(rows, 'event')} waiting for Kafka, the oldest for ${Math.round(oldestSeconds)} s`;
    return { up: false, detail: [`${waiting}: ${why()}`, ...detail].join('; ') };
  }

  function why(): string {
    const topics = closed();
    if (topics.length > 0) return `nothing goes to ${topics.join(', ')}`;
    const error = trouble();
    if (error instanceof Error) return error.message;
    return state() === 'standing by' ? 'the instance that owns the outbox does not get on' : 'no answer yet';
  }

  return {
    /** Rows were sent. */
    gotOn() {
      movedAt = performance.now();
    },
    async look(): Promise<Health> {
      try {
        return judge(await outbox.backlog());
      } catch (error) {
        return { up: false, detail: `${state()}: ${(error as Error).message}` };
      }
    },
  };
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
