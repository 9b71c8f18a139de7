import type { Logger } from 'pino';
import { backoff } from '../backoff.ts';
import { delay } from '../delay.ts';
import { BrokerUnavailableError, LogTruncatedError, ReadRefusedError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import { isDone, isUnreachable, loseLeader, nameOfReading, type Reading } from './readings.ts';

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
      lost.forEach(loseLeader);
      return;
    }
    for (const reading of readings) {
      try {
        assertSameTopic(reading);
      } catch (error) {
        reading.failure ??= { error };
      }
    }
    for (const reading of lost) {
      reading.leader = cluster.leaderOf(reading.topic, reading.partition);
      if (reading.leader === undefined) loseLeader(reading);
    }
  }

  function assertSameTopic(reading: Reading): void {
    const { topic, partition, position } = reading;
    const id = cluster.topicId(topic);
    reading.topicId ??= id;
    if (id !== reading.topicId) {
      throw new LogTruncatedError(topic, partition, position, 'the topic was deleted and made anew');
    }
    if (!cluster.partitionsOf(topic).includes(partition)) {
      throw new ReadRefusedError(`${topic}/${partition}`, 'there is no such partition');
    }
  }

  return search;
}
