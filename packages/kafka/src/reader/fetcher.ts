import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Logger } from 'pino';
import { delay } from '../delay.ts';
import { createHeldBack, type HeldBack } from '../heldBack.ts';
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
  nextToFetch,
  nextToHandOn,
  type Reading,
  type ReadOptions,
  type ReadRange,
  readingOf,
  silentSince,
} from './readings.ts';
import type { Records } from './records.ts';

export interface Fetcher {
  /**
   * The next records, the oldest first; undefined when all ranges are read.
   * @throws why reading can't go on, or why the signal was aborted
   */
  next(): Promise<Records | undefined>;
  /** Partitions that could not be fetched for some time, such as `brew.orders.v1/3`. */
  unreachable(): string[];
  /** See Reader. */
  silentSince(): number | undefined;
  /** The partition of which an open transaction has kept everything for longest. */
  heldBack(): HeldBack['longest'];
  stop(): void;
}

/** What is held at most, in bytes, fetched or on its way; a batch that is larger than its share comes besides. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_BYTES_PER_PARTITION = 1024 * 1024;
/** How long a broker waits for news, in milliseconds. */
const MAX_WAIT_MS = 500;
/** The most that is waited because of a quota before asking again, in milliseconds: as long as Kafka makes clients wait by default. */
const MAX_THROTTLE_MS = 30_000;
/** How often to look for new partitions, in milliseconds. */
const GROWTH_MS = 5_000;

export interface FetcherOptions extends ReadOptions {
  log: Logger;
}

/**
 * Keeps something of every partition at hand: to each broker that leads one of which nothing is there, one request is under
 * way. Brokers that can't be reached are tried again, for as long as it takes.
 */
export function createFetcher(
  cluster: Cluster,
  ranges: readonly ReadRange[],
  { signal, only = false, onUnreadable, onUnderWay, log }: FetcherOptions,
): Fetcher {
  const readings = ranges.map(readingOf);
  // Of each partition some chunks wait to be handed on, and one may be in the hands of whoever reads.
  const share = Math.floor(MAX_BYTES / (FETCHED_AHEAD + 1) / (ranges.length || 1));
  const partitionMaxBytes = Math.min(MAX_BYTES_PER_PARTITION, share);
  /** The brokers that owe an answer. */
  const asked = new Set<number>();
  const heldBack = createHeldBack();
  const stopping = new AbortController();
  const searchLeaders = createLeaderSearch({ cluster, readings, signal: stopping.signal, log });
  const mayGrow = !only && readings.some(({ until }) => until === undefined);
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

  /** Asks for whatever is to be asked for now. */
  function goOn(): void {
    if (stopping.signal.aborted) return;
    changed.resolve();
    changed = Promise.withResolvers();
    if (!underWay && isUnderWay(readings)) {
      underWay = true;
      onUnderWay?.();
    }
    const open = readings.filter((reading) => !isDone(reading) || reading.waiting.length > 0);
    for (const [node, led] of Map.groupBy(open, ({ leader }) => leader?.node)) {
      if (node === undefined) findLeaders();
      else if (!asked.has(node)) fetchFrom(node, nextToFetch(led));
    }
  }

  function findLeaders(): void {
    if (searching) return;
    searching = true;
    searchLeaders()
      .then(() => mayGrow && addNewPartitions(cluster, readings))
      .finally(() => {
        searching = false;
      })
      .then(goOn, fail);
  }

  function fetchFrom(node: number, wanted: Reading[]): void {
    if (wanted.length === 0) return;
    asked.add(node);
    for (const reading of wanted) reading.silentSince ??= performance.now();
    ask(node, inTurn(wanted))
      .then(async (answer) => {
        if (!answer) return;
        for (const reading of wanted) reading.silentSince = undefined;
        await takeAnswer(cluster, wanted, answer, { onUnreadable, heldBack });
        if (answer.throttleMs > 0) await delay(Math.min(answer.throttleMs, MAX_THROTTLE_MS), stopping.signal);
      })
      .finally(() => asked.delete(node))
      .then(goOn, fail);
  }

  /** Undefined when the broker did not answer. */
  async function ask(node: number, wanted: Reading[]): Promise<FetchAnswer | undefined> {
    try {
      const connection = await cluster.connectionTo(node);
      return await fetch(connection, {
        topics: requestFor(cluster, wanted, partitionMaxBytes),
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: MAX_BYTES / 2,
      });
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

  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  goOn();

  return {
    async next() {
      for (;;) {
        if (failure) throw failure.error;
        const next = nextToHandOn(readings)?.waiting.shift();
        if (next) {
          goOn();
          // Whoever reads may never wait for anything else: without this, nothing would come in meanwhile.
          await turnOfEventLoop();
          return next.records;
        }
        if (readings.every(isDone)) return undefined;
        await changed.promise;
      }
    },
    heldBack: () => heldBack.longest,
    silentSince: () => silentSince(readings),
    unreachable: () => readings.filter(isUnreachable).map(nameOfReading),
    stop,
  };
}

function requestFor(cluster: Cluster, wanted: readonly Reading[], partitionMaxBytes: number): FetchTopic[] {
  return [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topic, readings]) => ({
    topicId: cluster.topicId(topic) ?? '',
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
