import type { Logger } from 'pino';
import { backoff } from '../backoff.ts';
import { delay } from '../delay.ts';
import { BrokerUnavailableError, LogTruncatedError, ReadRefusedError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import { isDone, isUnreachable, nameOfReading, type Reading } from './readings.ts';

const RETRY = { initialMs: 100, maxMs: 2_000 };

/**
 * Finds out whom to ask for the partitions that have no leader that we know of: looks once, after a wait if there was none
 * before either.
 */
export function createLeaderSearch({
  cluster,
  readings,
  signal,
  log,
}: {
  cluster: Cluster;
  readings: readonly Reading[];
  signal: AbortSignal;
  log: Logger;
}): () => Promise<void> {
  const topicIds = new Map<string, string | undefined>();

  async function search(): Promise<void> {
    const lost = readings.filter((reading) => reading.leader === undefined && !isDone(reading));
    const failures = Math.max(...lost.map((reading) => reading.failures));
    if (lost.some(isUnreachable)) {
      const partitions = lost.map(nameOfReading);
      log.warn({ partitions, failures }, 'partitions without a leader: waiting for the brokers');
    }
    if (failures > 0) await delay(backoff(failures, RETRY, Math.random()), signal);
    if (signal.aborted) return;
    try {
      await cluster.refresh([...new Set(readings.map(({ topic }) => topic))]);
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      log.debug({ err: error }, 'no broker tells who leads');
      for (const reading of lost) reading.failures++;
      return;
    }
    for (const reading of readings) assertSameTopic(reading);
    for (const reading of lost) {
      reading.leader = cluster.leaderOf(reading.topic, reading.partition);
      if (reading.leader === undefined) reading.failures++;
    }
  }

  function assertSameTopic({ topic, partition, position, topicId }: Reading): void {
    const id = cluster.topicId(topic);
    const before = topicId ?? topicIds.get(topic) ?? id;
    if (id !== before) {
      throw new LogTruncatedError(topic, partition, position, 'the topic was deleted and made anew');
    }
    topicIds.set(topic, before);
    if (!cluster.partitionsOf(topic).includes(partition)) {
      throw new ReadRefusedError(`${topic}/${partition}`, 'there is no such partition');
    }
  }

  return search;
}
