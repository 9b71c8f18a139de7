import { randomUUID } from 'node:crypto';
import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Batch, EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Logger } from 'pino';
import { createAdmin } from './admin.ts';
import { backoff, defaultRetry } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { chunksOf } from './consumer/chunks.ts';
import { createLooks } from './consumer/looks.ts';
import { delay } from './delay.ts';
import { NotPreparedError } from './errors.ts';
import { fetchedOf, type Gap } from './fetched.ts';
import { createPositions } from './follower/positions.ts';
import { createGroupMember, type MemberState } from './groupMember.ts';
import { wayOn } from './outOfRange.ts';
import { placeOf, type ReceivedRecord } from './record.ts';
import { verdictOf } from './verdict.ts';

export interface FollowerOptions {
  client: KafkaClient;
  /** What it is for; part of the group ids that brokers show, such as `order.menu`. */
  name: string;
  topics: string[];
  from: 'beginning' | 'now';
  /**
   * Gets every record of every partition, in order per partition. If it throws, it gets the same records again, fewer at a time; one that it
   * can't take is told in the log and stepped over, at once or after five attempts, which take three seconds of a batch at most: see verdict.ts.
   */
  onRecords: (records: ReceivedRecord[]) => void | Promise<void>;
  /** Whether an error says that something is down: then it waits, and steps over nothing. The registry and Kafka are known. */
  isOutage?: (error: unknown) => boolean;
  /** Told of what is stepped over, for who shows it where nobody reads the log. */
  onSteppedOver?: (over: SteppedOver) => void;
  log: Logger;
}

/** What a follower has stepped over: a record that was not taken, a batch that nobody can read, or what was deleted before it was read. */
export interface SteppedOver extends Pick<Gap, 'topic' | 'partition' | 'firstOffset' | 'lastOffset'> {
  error: unknown;
  /** Where it goes on: behind these, or at the beginning of a topic that was made anew. */
  nextOffset: bigint;
}

export interface Follower extends AsyncDisposable {
  readonly state: MemberState;
  readonly lastError: unknown;
  /** How often it has stepped over something. */
  readonly steppedOver: number;
  /** Resolves when it reads; waits for brokers and topics. Rejects only when aborted or stopped. */
  start(signal?: AbortSignal): Promise<void>;
  /** The offset in a partition that it reads next; behind markers of transactions, and what was aborted, too. 0 before it knows. */
  positionOf(topic: string, partition: number): bigint;
  /** Resolves when all that was in the topics when it started has been handed on. */
  whenCaughtUp(): Promise<void>;
  stop(): Promise<void>;
}

const RETRY = { initialMs: 200, maxMs: 2_000 };
const MAX_RECORDS = 1_000;

/** What the attempts at all records of a batch may take together: the good ones behind them wait for so long. */
const PATIENCE_MS = 3_000;

interface FollowerTurn {
  heartbeat: () => Promise<void>;
  signal: AbortSignal;
  /** From then on, in milliseconds since the epoch, each record gets one attempt. */
  impatientFrom: number;
}

/**
 * Fan-out: each follower sees every record, for example to keep a cache of a compacted topic.
 *
 * kafkajs reads only as a member of a group, so each follower has a group of its own, under a name that nobody uses
 * again, and commits nothing. It keeps its positions itself: after a rebalance or a broker's restart a group without
 * commits would begin at the beginning again, or, `from: 'now'`, skip what came meanwhile.
 */
export function createFollower(options: FollowerOptions): Follower {
  const { client, name, topics, from, onRecords, isOutage, onSteppedOver, log } = options;
  const positions = createPositions();
  let started: Promise<void> | undefined;
  let failure: unknown;
  let steppedOver = 0;
  const looksAgain = createLooks();
  let seek: KafkaConsumer['seek'] | undefined;
  const stopping = new AbortController();

  async function eachBatch(payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload;
    const { topic, partition } = batch;
    if (batch.outOfRange) return stepOut(batch, signal);
    const fetched = fetchedOf(batch);
    // What was handed on before a rebalance may come again.
    if (positions.of(topic, partition) > fetched.from) fetched.from = positions.of(topic, partition);
    const turn = { heartbeat, signal, impatientFrom: Date.now() + PATIENCE_MS };
    for (const { records, gap, nextOffset } of chunksOf(fetched, undefined, MAX_RECORDS)) {
      if (signal.aborted || (records.length > 0 && !(await handOn(records, turn)))) return;
      const again = gap !== undefined && looksAgain(gap);
      if (gap && !again) note(gap, nextOffset);
      const next = again ? gap.firstOffset : nextOffset;
      resolveOffset(String(next - 1n));
      positions.advance(topic, partition, next);
      await heartbeat();
      if (again) return delay(RETRY.maxMs, signal);
      await eventLoop();
    }
  }

  /** The position is outside of what the partition holds. */
  async function stepOut(batch: Batch, signal: AbortSignal): Promise<void> {
    const { topic, partition } = batch;
    await using admin = createAdmin({ client, log });
    const way = await wayOn(admin, { topic, partition, from: BigInt(batch.fetchedOffset) });
    if (!way) return delay(RETRY.initialMs, signal);
    note(way.gap, way.offset);
    positions.begin(topic, partition, way.offset, way.end);
    seek?.({ topic, partition, offset: String(way.offset) });
  }

  function note({ topic, partition, firstOffset, lastOffset, error }: Gap, nextOffset: bigint): void {
    steppedOver += 1;
    const where = { topic, partition, firstOffset: String(firstOffset), lastOffset: String(lastOffset) };
    log.error({ err: error, follower: name, ...where }, 'stepped over records that nobody can read');
    onSteppedOver?.({ topic, partition, firstOffset, lastOffset, error, nextOffset });
  }

  /**
   * Hands records on, in order: those that are not taken, in halves, until the one is found that is to blame. That one gets a few attempts,
   * as long as there is patience left for its batch, and is then stepped over, for there is no queue of dead letters behind a follower.
   * @returns whether it got to the end; not when it stops meanwhile
   */
  async function handOn(records: ReceivedRecord[], turn: FollowerTurn): Promise<boolean> {
    const { heartbeat, signal } = turn;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await onRecords(records);
        failure = undefined;
        return true;
      } catch (error) {
        const [first] = records as [ReceivedRecord];
        const verdict = verdictOf(error, isOutage);
        if (verdict !== 'outage' && records.length > 1) {
          const half = records.length >> 1;
          return (await handOn(records.slice(0, half), turn)) && handOn(records.slice(half), turn);
        }
        const where = { err: error, follower: name, failures, ...placeOf(first) };
        const isOver = failures >= defaultRetry.attempts || Date.now() > turn.impatientFrom;
        if (verdict === 'unfit' || (verdict === 'failed' && isOver)) {
          steppedOver += 1;
          failure = undefined;
          log.error(where, 'stepped over a record that was not taken');
          const { topic, partition, offset } = first;
          const over = { firstOffset: offset, lastOffset: offset, nextOffset: offset + 1n };
          onSteppedOver?.({ topic, partition, ...over, error });
          return true;
        }
        failure = error;
        log.warn(where, 'a follower failed: handing it the records again');
      }
      await heartbeat();
      await delay(backoff(failures, RETRY, Math.random()), signal);
      await heartbeat();
    }
    return false;
  }

  const member = createGroupMember({
    client,
    name,
    // A new group for each life: in the old one the brokers would wait for the member that is gone.
    config: () => ({
      groupId: `${name}.follower.${randomUUID()}`,
      maxWaitTimeInMs: 1_000,
      maxBytes: 2 * 1024 * 1024,
    }),
    topics,
    // A partition without a position is one that was added later: all of it is new.
    fromBeginning: true,
    concurrency: 1,
    begin(consumer) {
      seek = consumer.seek;
      return {
        eachBatch,
        onJoined() {
          for (const { topic, partition, position } of positions.all()) {
            consumer.seek({ topic, partition, offset: String(position) });
          }
        },
      };
    },
    log,
  });

  /** Where each partition begins for us, and where it ended when we came. */
  async function learnOffsets(signal: AbortSignal): Promise<void> {
    await using admin = createAdmin({ client, log });
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        for (const topic of topics) {
          for (const { partition, earliest, latest } of await admin.topicOffsets(topic)) {
            positions.begin(topic, partition, from === 'beginning' ? earliest : latest, latest);
          }
        }
        return positions.complete();
      } catch (error) {
        failure = error;
        log.warn({ err: error, follower: name, failures }, 'waiting for Kafka');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  async function begin(signal: AbortSignal): Promise<void> {
    await learnOffsets(signal);
    if (signal.aborted) throw new NotPreparedError(`The follower ${name} was stopped while it started.`);
    failure = undefined;
    await member.start(signal);
  }

  return {
    get state() {
      return started && member.state === 'created' ? 'starting' : member.state;
    },
    get lastError() {
      return member.lastError ?? failure ?? member.heldBack?.error;
    },
    get steppedOver() {
      return steppedOver;
    },
    start(signal) {
      started ??= begin(signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal);
      return started;
    },
    positionOf: positions.of,
    whenCaughtUp: () => positions.caughtUp,
    stop() {
      stopping.abort();
      return member.stop();
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
