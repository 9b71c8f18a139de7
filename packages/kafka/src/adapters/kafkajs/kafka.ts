import { Kafka, type KafkaConfig, logLevel, type RequestTimeoutEvent, type SASLOptions } from 'kafkajs';
import { type KafkaClient, type KafkaClientOptions, optionsOf, REQUEST_TIMEOUT_MS } from '../../client.ts';
import { createLogCreator } from './log.ts';
import { createSockets } from './sockets.ts';

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
