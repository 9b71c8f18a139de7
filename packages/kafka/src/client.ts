import type { Socket } from 'node:net';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import type { Logger } from 'pino';
import { createLogCreator } from './log.ts';

export interface KafkaClientOptions {
  /** Where to find the cluster at first, as `host:port`; the others are learned from there. */
  brokers: string[];
  /** The name that brokers log and meter, for example the service's. */
  clientId: string;
  log: Logger;
  /** Opens a connection; left out, plain TCP. Tests put a network that fails in here. */
  connect?: (address: { host: string; port: number }, onConnect: () => void) => Socket;
}

const configs = new WeakMap<KafkaClient, KafkaConfig>();

/** How to reach a cluster. Opaque: what connects is the producers, consumers, followers and admins made from it. */
export interface KafkaClient {
  readonly clientId: string;
}

/** Describes how to reach a cluster. Connects to nothing yet. */
export function createKafkaClient({ brokers, clientId, log, connect }: KafkaClientOptions): KafkaClient {
  const client: KafkaClient = Object.freeze({ clientId });
  configs.set(client, {
    brokers,
    clientId,
    connectionTimeout: 3_000,
    // Explicit because kafkajs takes other defaults when NODE_ENV is `test`. Some three seconds, then our own layers
    // decide: they start anew with fresh connections, and say so in the log and in their state.
    retry: { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 2_000, retries: 5 },
    // Debug is a line per request: kafkajs would build them all only for pino to drop them.
    logLevel: log.isLevelEnabled('trace') ? logLevel.DEBUG : logLevel.INFO,
    logCreator: createLogCreator(log),
    ...(connect && { socketFactory: ({ host, port, onConnect }) => connect({ host, port }, onConnect) }),
  });
  return client;
}

/**
 * A kafkajs client of its own for each caller. One shared `Kafka` keeps one map of committed offsets per group id for
 * all its consumers: a consumer that replaces a crashed one would write into it together with the other.
 */
export function kafkaOf(client: KafkaClient): Kafka {
  const config = configs.get(client);
  if (!config) throw new TypeError('not a client made by createKafkaClient');
  return new Kafka(config);
}
