import { type LogEntry, type logCreator, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

/**
 * What kafkajs calls errors although it will try again by itself: coordinators that are loading, partitions between
 * two leaders, brokers that are starting or restarting, a group that rebalances. Whatever of it turns out to be final
 * is logged by our own producer, consumer, follower and admin.
 */
const passing =
  /coordinator|leader|does not host this topic-partition|rebalanc|in-sync replicas|timed out|ECONNREFUSED|ECONNRESET|EPIPE|connection|failed to connect|not connected|disconnected|not aware of this member|Not authorized to access group: Coordinator|limiting retries/i;

/** Ends that our own code reports, with what it does about them. */
const reportedByUs = /^Crash: |^Restarting the consumer/;

type Level = 'error' | 'warn' | 'debug';

/** The level at which a line of kafkajs is worth reading in our log. */
export function levelOf(entry: Pick<LogEntry, 'level' | 'log'>): Level {
  if (entry.level !== logLevel.ERROR && entry.level !== logLevel.WARN) return 'debug';
  const { message, error, cause } = entry.log;
  const text = `${message} ${error ?? ''} ${cause ?? ''}`;
  if (passing.test(text) || reportedByUs.test(message)) return 'debug';
  return entry.level === logLevel.ERROR ? 'error' : 'warn';
}

/** Sends the lines of kafkajs to our logger. Its `info` becomes debug: it tells of every join and every stop. */
export const createLogCreator =
  (log: Logger): logCreator =>
  () =>
  (entry) => {
    const { message, timestamp: _, logger: __, ...fields } = entry.log;
    log[levelOf(entry)]({ ...fields, component: `kafkajs.${entry.namespace}` }, message);
  };
