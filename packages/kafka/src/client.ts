import type { ConnectionOptions } from 'node:tls';
import type { Logger } from 'pino';

/** The libraries that there is an adapter for (adapter.ts); the first one is taken where nobody chooses. */
export const libraries = ['platformatic', 'kafkajs'] as const;

export type Library = (typeof libraries)[number];

/** What a broker has not answered by then it is asked again, through another connection. */
export const REQUEST_TIMEOUT_MS = 10_000;

export interface KafkaClientOptions {
  /** Where to find the cluster at first, as `host:port`; the others are learned from there. */
  brokers: string[];
  /** The name that brokers log and meter, for example the service's. */
  clientId: string;
  log: Logger;
  /** Whose code talks to the brokers about groups, producers and transactions; see adapter.ts. Default: platformatic. */
  library?: Library | undefined;
  /** How producers pack their batches; left out, not at all. kafkajs never does. */
  compression?: Compression | undefined;
  /** Connects by TLS; left out, plain TCP. `{}` trusts the authorities that Node trusts. */
  tls?: ConnectionOptions;
  /** Who we are to the brokers; left out, nobody in particular. */
  sasl?: Credentials;
  /** Where to connect to in the place of an address that brokers tell of. Tests put a network that fails in between. */
  via?: (address: Address) => Promise<Address>;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface Address {
  host: string;
  port: number;
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
  readonly library: Library;
}

/**
 * Describes how to reach a cluster. Connects to nothing yet.
 * @throws TypeError for addresses that are none, or a library that there is no adapter for
 */
export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const { brokers, clientId, library = libraries[0] } = options;
  if (brokers.length === 0)
    throw new TypeError('brokers is empty. Give the address of one at least, as host:port.');
  const wrong = brokers.find((broker) => !ADDRESS.test(broker));
  if (wrong !== undefined)
    throw new TypeError(`${JSON.stringify(wrong)} is no address of a broker. Give it as host:port.`);
  if (!libraries.includes(library))
    throw new TypeError(
      `There is no library ${library} to talk to Kafka by. Take one of ${libraries.join(', ')}.`,
    );
  const client: KafkaClient = Object.freeze({ clientId, library });
  optionsByClient.set(client, options);
  return client;
}

/** The host may be an IPv6 address. */
const ADDRESS = /^\S+:\d{1,5}$/;

/** What a client was made of. */
export function optionsOf(client: KafkaClient): KafkaClientOptions {
  const options = optionsByClient.get(client);
  if (!options) throw new TypeError('not a client made by createKafkaClient');
  return options;
}
