import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Logger } from 'pino';
import { delay } from '../delay.ts';
import type { BrokerUnavailableError } from '../errors.ts';
import type { Fetched } from '../fetched.ts';
import { createHeldBack, type HeldBack } from '../heldBack.ts';
import type { Offset } from '../record.ts';
import { takeAnswer } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { type FetchAnswer, type FetchTopic, fetch } from './fetch.ts';
import { addNewPartitions } from './growth.ts';
import { createLeaderSearch } from './leaderSearch.ts';
import {
  FETCHED_AHEAD,
  isDone,
  isUnderWay,
  isUnreachable,
  loseLeader,
  nameOfReading,
  nextApart,
  nextToFetch,
  nextToHandOn,
  type Reading,
  type ReadOptions,
  type ReadRange,
  readingOf,
  silentSince,
  unreachableForLong,
} from './readings.ts';

export interface Fetcher {
  /** Begins to fetch a partition. */
  add(range: ReadRange): Reading;
  /** Ends that: what was fetched of it is dropped. */
  remove(reading: Reading): void;
  /**
   * Goes on elsewhere: what was fetched is dropped, and what was wrong is forgotten.
   * @param topicId of which topic that is a position, where it is another one than before
   */
  seek(reading: Reading, position: bigint, topicId?: string): void;
  /**
   * What comes next of all partitions, the oldest first; undefined when all ranges are read.
   * @throws why one of them can't go on, or why the signal was aborted
   */
  next(): Promise<Fetched | undefined>;
  /**
   * What comes next of one; undefined when it was removed.
   * @throws why it can't go on, until it is sought elsewhere, or why the signal was aborted
   */
  nextOf(reading: Reading): Promise<Fetched | undefined>;
  /** Partitions that could not be fetched for some time, such as `brew.orders.v1/3`. */
  unreachable(): string[];
  /** The one of them for which that has been so for longest, if it is too long. */
  unreachableForLong(): (Offset & { since: Date; error: BrokerUnavailableError }) | undefined;
  /** See Reader. */
  silentSince(): number | undefined;
  /** The partition of which an open transaction has kept everything for longest. */
  heldBack(): HeldBack['longest'];
  stop(): void;
}

/** What is held at most, in bytes, fetched or on its way; a batch that is larger than its share comes besides. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_BYTES_PER_PARTITION = 1024 * 1024;
/** How long a broker waits for news, in milliseconds; so long, too, has to wait who wants something else of it meanwhile. */
const MAX_WAIT_MS = 500;
/** The same while something is there to be taken, after which its partition wants more. */
const MAX_WAIT_BESIDE_MS = 100;
/** The most that is waited because of a quota before asking again, in milliseconds. */
const MAX_THROTTLE_MS = 30_000;
/** A broker that hands out nothing because of a quota for longer than that will not do so later either: it lets clients save up 11 s' worth by default. */
const STARVED_MS = 30_000;
/** How often to look for new partitions, in milliseconds. */
const GROWTH_MS = 5_000;

export interface FetcherOptions extends Pick<ReadOptions, 'signal' | 'onUnderWay'> {
  /** Whether to read the partitions, too, that topics are given meanwhile. */
  mayGrow?: boolean | undefined;
  /** Told of each of them. */
  onAdded?: (reading: Reading) => void;
  /** Whether partitions are taken each by itself, by `nextOf`: then none waits for another one. */
  apart?: boolean;
  log: Logger;
}

/**
 * Keeps something of every partition at hand: to each broker that leads one of which nothing is there, one request is under
 * way. Brokers that can't be reached are tried again, for as long as it takes.
 */
export function createFetcher(
  cluster: Cluster,
  { signal, mayGrow = false, apart = false, onAdded, onUnderWay, log }: FetcherOptions,
): Fetcher {
  const readings: Reading[] = [];
  /** The brokers that owe an answer. */
  const asked = new Set<number>();
  /** Since when a quota has kept everything of a broker from us. */
  const starvedSince = new Map<number, number>();
  const heldBack = createHeldBack();
  const stopping = new AbortController();
  const searchLeaders = createLeaderSearch({ cluster, readings, signal: stopping.signal, log });
  const growth = mayGrow ? setInterval(findLeaders, GROWTH_MS) : undefined;
  let searching = false;
  let underWay = false;
  let failure: { error: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  let turn = 0;

  const onAbort = () => fail(signal?.reason);

  function stop(): void {
    stopping.abort();
    clearInterval(growth);
    signal?.removeEventListener('abort', onAbort);
  }

  function fail(error: unknown): void {
    failure ??= { error };
    stop();
    changed.resolve();
  }

  function add(range: ReadRange): Reading {
    const reading = readingOf(range);
    readings.push(reading);
    setImmediate(goOn);
    return reading;
  }

  /** Whoever waits for records looks again. */
  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  /** Asks for whatever is to be asked for now. */
  function goOn(): void {
    if (stopping.signal.aborted) return;
    wake();
    if (!underWay && isUnderWay(readings)) {
      underWay = true;
      onUnderWay?.();
    }
    const open = readings.filter((reading) => !isDone(reading) || reading.waiting.length > 0);
    for (const [node, led] of Map.groupBy(open, ({ leader }) => leader?.node)) {
      if (node === undefined) findLeaders();
      else if (!asked.has(node)) fetchFrom(node, led);
    }
  }

  function findLeaders(): void {
    if (searching) return;
    searching = true;
    searchLeaders()
      .then(() => {
        if (!mayGrow) return;
        addNewPartitions(cluster, readings, (range) => {
          const reading = add(range);
          onAdded?.(reading);
        });
      })
      .finally(() => {
        searching = false;
      })
      .then(goOn, fail);
  }

  function fetchFrom(node: number, led: readonly Reading[]): void {
    const wanted = apart ? nextApart(led) : nextToFetch(led);
    if (wanted.length === 0) return;
    asked.add(node);
    for (const reading of wanted) reading.silentSince ??= performance.now();
    const maxWaitMs = led.some(({ waiting }) => waiting.length > 0) ? MAX_WAIT_BESIDE_MS : MAX_WAIT_MS;
    const positions = wanted.map((reading) => ({ reading, position: reading.position }));
    ask(node, inTurn(wanted), maxWaitMs)
      .then(async (answer) => {
        if (!answer) return;
        for (const reading of wanted) reading.silentSince = undefined;
        await takeAnswer(cluster, positions, answer, heldBack);
        noteThrottle(node, answer);
        if (answer.throttleMs > 0) await delay(Math.min(answer.throttleMs, MAX_THROTTLE_MS), stopping.signal);
      })
      .finally(() => asked.delete(node))
      .then(goOn, fail);
  }

  /** One batch comes always, however large, if a quota allows it: one that is too large for that comes never, and no broker says why. */
  function noteThrottle(node: number, { throttleMs, topics }: FetchAnswer): void {
    const since = starvedSince.get(node) ?? performance.now();
    if (throttleMs === 0 || topics.length > 0) starvedSince.delete(node);
    else if (performance.now() - since < STARVED_MS) starvedSince.set(node, since);
    else {
      starvedSince.delete(node); // told again after as long
      const why =
        'a broker hands out nothing because of a client quota: one batch may be more than it allows in';
      log.warn(
        { node, throttleMs },
        `${why} quota.window.num seconds. Raise the client's consumer_byte_rate`,
      );
    }
  }

  /** Undefined when the broker did not answer. */
  async function ask(node: number, wanted: Reading[], maxWaitMs: number): Promise<FetchAnswer | undefined> {
    try {
      const connection = await cluster.connectionTo(node);
      const topics = requestFor(wanted, partitionMaxBytes(readings.length));
      return await fetch(connection, { topics, maxWaitMs, maxBytes: MAX_BYTES / 2 });
    } catch (error) {
      log.debug({ err: error, node }, 'a broker gave no answer');
      for (const reading of wanted) loseLeader(reading);
      return undefined;
    }
  }

  /** A broker that reaches the limit leaves out the last ones: each is to be the first one now and then. */
  function inTurn(wanted: Reading[]): Reading[] {
    const first = turn++ % wanted.length;
    return [...wanted.slice(first), ...wanted.slice(0, first)];
  }

  /** Takes from the front of what `chosen` says, once there is something. */
  async function take(
    choose: () => Reading | undefined,
    isOver: () => boolean,
  ): Promise<Fetched | undefined> {
    for (;;) {
      if (failure) throw failure.error;
      const next = choose()?.waiting.shift();
      if (next) {
        goOn();
        // Whoever reads may never wait for anything else: without this, nothing would come in meanwhile.
        await turnOfEventLoop();
        return next;
      }
      if (isOver()) return undefined;
      await changed.promise;
    }
  }

  function assertGoingOn({ failure }: Pick<Reading, 'failure'>): void {
    if (failure) throw failure.error;
  }

  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);

  return {
    add,
    remove(reading) {
      reading.removed = true;
      const index = readings.indexOf(reading);
      if (index >= 0) readings.splice(index, 1);
      heldBack.clear(reading);
      reading.waiting = [];
      wake();
    },
    seek(reading, position, topicId = reading.topicId) {
      Object.assign(reading, { position, topicId, waiting: [], failure: undefined, leaderEpoch: -1 });
      goOn();
    },
    next: () =>
      take(
        () => {
          readings.forEach(assertGoingOn);
          return nextToHandOn(readings);
        },
        () => readings.every(isDone),
      ),
    nextOf: (reading) =>
      take(
        () => {
          if (reading.waiting.length === 0) assertGoingOn(reading);
          return reading;
        },
        () => reading.removed,
      ),
    heldBack: () => heldBack.longest,
    silentSince: () => silentSince(readings),
    unreachableForLong: () => unreachableForLong(readings),
    unreachable: () => readings.filter(isUnreachable).map(nameOfReading),
    stop,
  };
}

/** Of each partition some chunks wait to be handed on, and one may be in the hands of whoever reads. */
const partitionMaxBytes = (partitions: number): number =>
  Math.min(MAX_BYTES_PER_PARTITION, Math.floor(MAX_BYTES / (FETCHED_AHEAD + 1) / partitions));

/** By the ids of topics: one that was made anew has records at the same offsets, and they are others. */
function requestFor(wanted: readonly Reading[], partitionMaxBytes: number): FetchTopic[] {
  return [...Map.groupBy(wanted, ({ topicId }) => topicId ?? '')].map(([topicId, readings]) => ({
    topicId,
    partitions: readings.map(({ partition, position, leader, leaderEpoch }) => ({
      partition,
      currentLeaderEpoch: leader?.epoch ?? -1,
      fetchOffset: position,
      // The broker tells when its log is not the one that was read (KIP-595).
      lastFetchedEpoch: leaderEpoch,
      partitionMaxBytes,
    })),
  }));
}
