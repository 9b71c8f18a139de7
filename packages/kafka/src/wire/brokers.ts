import { type Address, type KafkaClient, optionsOf } from '../client.ts';
import { within } from '../delay.ts';
import { BrokerUnavailableError, ReadRefusedError } from '../errors.ts';
import { createConnections } from './connections.ts';
import { type Connection, metadataV12 } from './protocol.ts';
import { answerOf, nameOf } from './protocolErrors.ts';

export type Metadata = metadataV12.MetadataResponse;

/** The brokers of a cluster, as far as they told of each other, and the connections to them. */
export interface Brokers {
  /**
   * Asks any broker, and takes the first answer: from the one that has answered last, those that are known, then those that were given.
   * When one fails, or is silent for half a second, the next one is asked, too.
   * @param question throws what is no answer, such as that another broker is to be asked
   * @throws BrokerUnavailableError when none answers, ReadRefusedError
   */
  ask<Answer>(doing: string, question: (connection: Connection) => Promise<Answer>): Promise<Answer>;
  /**
   * Asks for the cluster and these topics, and learns from it where the brokers are. What is wrong with a topic is in the answer; it
   * is unknown when no broker has heard of it: a new one reaches each broker in its own time.
   * @param topics null: all
   * @throws BrokerUnavailableError
   */
  metadata(doing: string, topics: readonly string[] | null): Promise<Metadata>;
  /** Who is known, by id. */
  nodes(): number[];
  /** @throws when it is not known, or there is no way to it */
  connectionTo(node: number): Promise<Connection>;
  connectionAt(address: Address): Promise<Connection>;
  close(): Promise<void>;
  /** See Connections. */
  cut(reason: Error): void;
}

/** Longer than a fetch that finds nothing is held back, with what comes behind it on the same connection. */
const PATIENCE_MS = 600;

export function createBrokers(client: KafkaClient): Brokers {
  const options = optionsOf(client);
  const connections = createConnections(options);
  const bootstrap = options.brokers.map(addressOf);
  let nodes = new Map<number, Address>();
  let lastToAnswer: Address | undefined;

  async function ask<Answer>(doing: string, question: (connection: Connection) => Promise<Answer>) {
    const asked: Promise<Answer>[] = [];
    const known = [...(lastToAnswer ? [lastToAnswer] : []), ...nodes.values(), ...bootstrap];
    const addresses = new Map(known.map((address) => [`${address.host}:${address.port}`, address]));
    for (const address of addresses.values()) {
      const asking = connections.to(address).then(question);
      asking.then(() => (lastToAnswer = address)).catch(() => {});
      asked.push(asking);
      const first = Promise.any(asked);
      const settled = await within(PATIENCE_MS, first);
      if (settled && (await succeeds(first))) return first;
    }
    // Each connection and each request has its own bound.
    return Promise.any(asked).catch((error: AggregateError) => {
      throw (
        error.errors.find((each) => each instanceof ReadRefusedError) ??
        new BrokerUnavailableError(doing, error.errors[0])
      );
    });
  }

  return {
    ask,
    async metadata(doing, topics) {
      let unaware: Metadata | undefined;
      const answer = await ask(doing, async (connection) => {
        const told = await answerOf(metadataV12.api.async(connection, topics && [...topics], false));
        if (!told.topics.some(({ errorCode }) => nameOf(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION'))
          return told;
        unaware = told;
        throw new Error('it has not heard of a topic');
      }).catch((error) => {
        if (unaware) return unaware;
        throw error;
      });
      nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
      return answer;
    },
    nodes: () => [...nodes.keys()],
    connectionTo(node) {
      const address = nodes.get(node);
      return address ? connections.to(address) : Promise.reject(new Error(`broker ${node} is not known`));
    },
    connectionAt: (address) => connections.to(address),
    close: () => connections.close(),
    cut: (reason) => connections.cut(reason),
  };
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

function addressOf(broker: string): Address {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
}
