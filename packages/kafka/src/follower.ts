import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Logger } from 'pino';
import { backoff, defaultRetry } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { chunksOf } from './consumer/chunks.ts';
import { createLooks } from './consumer/looks.ts';
import { aborted, delay, within } from './delay.ts';
import { BrokerUnavailableError, NotPreparedError } from './errors.ts';
import type { Fetched, Gap } from './fetched.ts';
import { createPositions } from './follower/positions.ts';
import type { MemberState } from './groupMember.ts';
import { wayOn } from './outOfRange.ts';
import { createCluster } from './reader/cluster.ts';
import { createFetcher, type Fetcher } from './reader/fetcher.ts';
import { listOffsets } from './reader/offsets.ts';
import { nameOfReading, type Reading } from './reader/readings.ts';
import { type Offset, placeOf, type ReceivedRecord } from './record.ts';
import { verdictOf } from './verdict.ts';

export interface FollowerOptions {
  client: KafkaClient;
  /** What it is for, in the log, such as `order.menu`. */
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
const DRAIN_MS = 5_000;
/** So long no broker may answer before that is told. */
const SILENT_MS = 5_000;

/** What the attempts at all records of a batch may take together: the good ones behind them wait for so long. */
const PATIENCE_MS = 3_000;

interface FollowerTurn {
  /** For example `brew.menu.v1/0`. */
  place: string;
  /** From then on, in milliseconds since the epoch, each record gets one attempt. */
  impatientFrom: number;
}

/**
 * Fan-out: each follower sees every record, for example to keep a cache of a compacted topic. It is nobody's member: brokers know nothing of
 * it, and it keeps its positions itself.
 */
export function createFollower(options: FollowerOptions): Follower {
  const { client, name, topics, from, onRecords, isOutage, onSteppedOver, log } = options;
  const cluster = createCluster(client);
  const positions = createPositions();
  let state: MemberState = 'created';
  let started: Promise<void> | undefined;
  let running: Promise<void> | undefined;
  /** What keeps it from reading at all. */
  let failure: unknown;
  /** Why records are not taken, or can't be had, by partition. */
  const failing = new Map<string, unknown>();
  let steppedOver = 0;
  let fetcher: Fetcher | undefined;
  const looksAgain = createLooks();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Nobody is handed anything before what was handed on before was taken. */
  let taking: Promise<unknown> = Promise.resolve();

  /** Reads until it is stopped, or something is wrong that is not about one partition. */
  async function read(): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const follow = (reading: Reading) => void followOne(reading).catch(ended.reject);
    const own = createFetcher(cluster, { apart: true, mayGrow: true, onAdded: follow, signal, log });
    fetcher = own;
    state = 'running';

    async function followOne(reading: Reading): Promise<void> {
      const { topic, partition } = reading;
      while (!signal.aborted) {
        try {
          const fetched = await own.nextOf(reading);
          if (fetched) taking = taking.then(() => take(fetched, reading, own));
          await taking;
        } catch (error) {
          if (signal.aborted) return;
          failing.set(nameOfReading(reading), error);
          await stepOut({ topic, partition, offset: reading.position }, reading, error, own);
        }
        failing.delete(nameOfReading(reading));
      }
    }

    try {
      for (const { position: from, ...at } of positions.all()) follow(own.add({ ...at, from }));
      await Promise.race([ended.promise, aborted(signal)]);
    } finally {
      own.stop();
      fetcher = undefined;
    }
  }

  async function take(fetched: Fetched, reading: Reading, own: Fetcher): Promise<void> {
    const { topic, partition, topicId } = reading;
    const advance = (position: bigint) => positions.advance({ topic, partition, position, topicId });
    const turn = { place: nameOfReading(reading), impatientFrom: Date.now() + PATIENCE_MS };
    for (const { records, gap, nextOffset } of chunksOf(fetched, undefined, MAX_RECORDS)) {
      if (signal.aborted || (records.length > 0 && !(await handOn(records, turn)))) return;
      if (gap && looksAgain(gap)) {
        advance(gap.firstOffset);
        await delay(RETRY.maxMs, signal);
        return own.seek(reading, gap.firstOffset);
      }
      if (gap) note(gap, nextOffset);
      advance(nextOffset);
      await eventLoop();
    }
  }

  /** It can't go on at this position. @throws what is not about the position */
  async function stepOut(at: Offset, reading: Reading, error: unknown, own: Fetcher): Promise<void> {
    const way = await wayOn(cluster, at, error);
    if (!way) {
      await delay(RETRY.maxMs, signal);
      return own.seek(reading, at.offset);
    }
    if (way.gap) note(way.gap, way.offset);
    const { topic, partition } = at;
    const { topicId } = way;
    positions.begin({ topic, partition, position: way.offset, topicId }, way.end);
    own.seek(reading, way.offset, topicId);
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
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await onRecords(records);
        failing.delete(turn.place);
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
          failing.delete(turn.place);
          log.error(where, 'stepped over a record that was not taken');
          const { topic, partition, offset } = first;
          const over = { firstOffset: offset, lastOffset: offset, nextOffset: offset + 1n };
          onSteppedOver?.({ topic, partition, ...over, error });
          return true;
        }
        failing.set(turn.place, error);
        log.warn(where, 'a follower failed: handing it the records again');
      }
      await delay(backoff(failures, RETRY, Math.random()), signal);
    }
    return false;
  }

  /** Where each partition begins for us, and where it ended when we came. */
  async function learnOffsets(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const [earliest, latest] = await Promise.all(
          (['earliest', 'latest'] as const).map((at) => listOffsets(cluster, { topics }, at)),
        );
        for (const { topic, partition, offset, topicId } of latest ?? []) {
          const first = earliest?.find((each) => each.topicId === topicId && each.partition === partition);
          const position = from === 'now' ? offset : (first?.offset ?? 0n);
          positions.begin({ topic, partition, position, topicId }, offset);
        }
        failure = undefined;
        return positions.complete();
      } catch (error) {
        failure = error;
        log.warn({ err: error, follower: name, failures }, 'waiting for Kafka');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  async function begin(signal: AbortSignal): Promise<void> {
    state = 'starting';
    await learnOffsets(signal);
    if (signal.aborted) throw new NotPreparedError(`The follower ${name} was stopped while it started.`);
    running = keepReading();
  }

  async function keepReading(): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await read();
      } catch (error) {
        state = 'restarting';
        failure = error;
        log.warn({ err: error, follower: name, failures }, 'a follower ended: starting it again');
        await delay(backoff(failures, RETRY, Math.random()), signal);
      }
    }
  }

  function lastError(): unknown {
    const silentSince = fetcher?.silentSince();
    if (silentSince !== undefined && performance.now() - silentSince > SILENT_MS)
      return new BrokerUnavailableError(`read ${topics.join(', ')}`, new Error('no broker answers'));
    const [first] = failing.values();
    return first ?? (state === 'running' ? undefined : failure) ?? fetcher?.heldBack()?.error;
  }

  return {
    get state() {
      return state;
    },
    get lastError() {
      return lastError();
    },
    get steppedOver() {
      return steppedOver;
    },
    start(own) {
      started ??= begin(own ? AbortSignal.any([own, signal]) : signal);
      return started;
    },
    positionOf: positions.of,
    whenCaughtUp: () => positions.caughtUp,
    async stop() {
      state = 'draining';
      stopping.abort();
      await within(DRAIN_MS, Promise.all([running, taking]));
      await cluster.close();
      state = 'stopped';
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
