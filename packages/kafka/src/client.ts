import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Kafka, type KafkaConfig, logLevel, type RequestTimeoutEvent, type SASLOptions } from 'kafkajs';
import type { Logger } from 'pino';
import { createLogCreator } from './log.ts';
import { createSockets } from './sockets.ts';

/** What a broker has not answered by then it is asked again, through another connection. */
export const REQUEST_TIMEOUT_MS = 10_000;

export interface KafkaClientOptions {
  /** Where to find the cluster at first, as `host:port`; the others are learned from there. */
  brokers: string[];
  /** The name that brokers log and meter, for example the service's. */
  clientId: string;
  log: Logger;
  /** Connects by TLS; left out, plain TCP. `{}` trusts the authorities that Node trusts. */
  tls?: ConnectionOptions;
  /** Who we are to the brokers; left out, nobody in particular. */
  sasl?: Credentials;
  /** Opens a connection of kafkajs; left out, plain TCP or TLS. Tests put a network that fails in here. */
  connect?: (address: { host: string; port: number }, onConnect: () => void) => Socket;
}

/** A name and a password, and the way in which they are shown to a broker. */
interface Credentials {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  username: string;
  password: string;
}

const optionsByClient = new WeakMap<KafkaClient, KafkaClientOptions>();

/** How to reach a cluster. Opaque: what connects is the producers, consumers, followers, readers and admins made from it. */
export interface KafkaClient {
  readonly clientId: string;
}

/** Describes how to reach a cluster. Connects to nothing yet. */
export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const client: KafkaClient = Object.freeze({ clientId: options.clientId });
  optionsByClient.set(client, options);
  return client;
}

/** What a client was made of, for readers, which do not use kafkajs. */
export function optionsOf(client: KafkaClient): KafkaClientOptions {
  const options = optionsByClient.get(client);
  if (!options) throw new TypeError('not a client made by createKafkaClient');
  return options;
}

/** What is made of a kafkajs client. */
type OwnKafka = Pick<Kafka, 'admin' | 'consumer' | 'producer'> & {
  /** Ends all that was made of it, at once. See Sockets. */
  cut(reason: Error): void;
};

/**
 * A kafkajs client of its own for each caller. One shared `Kafka` keeps one map of committed offsets per group id for
 * all its consumers: a consumer that replaces a crashed one would write into it together with the other.
 *
 * A request that is not answered in time ends its connection. kafkajs would go on with it, and TCP tries what was lost again ever more
 * seldom: after a minute without a network, it can take another one to find out that it is back.
 */
export function kafkaOf(client: KafkaClient): OwnKafka {
  const options = optionsOf(client);
  const sockets = createSockets(options);
  const kafka = new Kafka({ ...configOf(options), brokers: inTurn(client), socketFactory: sockets.open });
  const onTimeout = ({ payload: { broker, apiName } }: RequestTimeoutEvent) =>
    sockets.cut(new Error(`no answer to ${apiName}: the connection is made anew`), broker);

  /**
   * kafkajs disconnects what is connected. What it is just connecting, or connects for a question that it asks once more, would stay open and
   * keep the process from ending, until the broker hangs up after ten minutes.
   */
  function closing<Made extends { disconnect(): Promise<void> }>(made: Made): Made {
    const { disconnect } = made;
    const closed = new Error('the client was closed');
    return Object.assign(made, { disconnect: () => disconnect().finally(() => sockets.cut(closed)) });
  }

  return {
    admin(config) {
      const admin = closing(kafka.admin(config));
      admin.on(admin.events.REQUEST_TIMEOUT, onTimeout);
      return admin;
    },
    consumer(config) {
      const consumer = closing(kafka.consumer(config));
      consumer.on(consumer.events.REQUEST_TIMEOUT, onTimeout);
      return consumer;
    },
    producer(config) {
      const producer = closing(kafka.producer(config));
      producer.on(producer.events.REQUEST_TIMEOUT, onTimeout);
      return producer;
    },
    cut: (reason) => sockets.cut(reason),
  };
}

const turns = new WeakMap<KafkaClient, number>();

/** kafkajs begins with the first address: each time another one, since whoever begins anew may have been waiting for that which is frozen. */
function inTurn(client: KafkaClient): string[] {
  const { brokers } = optionsOf(client);
  const turn = turns.get(client) ?? 0;
  turns.set(client, turn + 1);
  const first = turn % brokers.length;
  return [...brokers.slice(first), ...brokers.slice(0, first)];
}

const configOf = ({ clientId, log, tls, sasl }: KafkaClientOptions): Omit<KafkaConfig, 'brokers'> => ({
  clientId,
  connectionTimeout: 3_000,
  // A leader that waits for a replica in vain does so until the controller takes that for dead, after 9 s. Joins and fetches have longer
  // ones of their own.
  requestTimeout: REQUEST_TIMEOUT_MS,
  // Explicit because kafkajs takes other defaults when NODE_ENV is `test`. Some three seconds, then our own layers
  // decide: they start anew with fresh connections, and say so in the log and in their state.
  retry: { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 2_000, retries: 5 },
  // Debug is a line per request: kafkajs would build them all only for pino to drop them.
  logLevel: log.isLevelEnabled('trace') ? logLevel.DEBUG : logLevel.INFO,
  logCreator: createLogCreator(log),
  ...(tls && { ssl: tls }),
  // kafkajs has a type for each mechanism, and none for all of them.
  ...(sasl && { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
});
