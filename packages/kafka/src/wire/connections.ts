import { isIP } from 'node:net';
import { type KafkaClientOptions, REQUEST_TIMEOUT_MS } from '../client.ts';
import { Connection } from './protocol.ts';

export interface Address {
  host: string;
  port: number;
}

/** A connection to each broker that is talked to. */
export interface Connections {
  /**
   * The connection to a broker, opened if there is none that works. Callers at the same time get the same one.
   * @throws what the network, TLS or SASL says
   */
  to(address: Address): Promise<Connection>;
  /** Closes all; answers that are still under way are lost. */
  close(): Promise<void>;
}

export function createConnections({ clientId, tls, sasl }: KafkaClientOptions): Connections {
  const connections = new Map<string, Promise<Connection>>();
  let closed = false;

  async function open({ host, port }: Address, onEnd: () => void): Promise<Connection> {
    const connection = new Connection(clientId, {
      connectTimeout: 3_000,
      requestTimeout: REQUEST_TIMEOUT_MS,
      ...(tls && { tls }),
      // For a certificate with a name in it. An address is no name (RFC 6066).
      ...(tls && isIP(host) === 0 && { tlsServerName: host }),
      ...(sasl && { sasl }),
    });
    // Whoever waits for an answer is told anyway; but without a listener, Node would end the process.
    connection.on('error', onEnd);
    connection.on('close', onEnd);
    await connection.connect(host, port);
    return connection;
  }

  return {
    to(address) {
      if (closed) return Promise.reject(new Error('the connections are closed'));
      const id = `${address.host}:${address.port}`;
      const known = connections.get(id);
      if (known) return known;
      const connection: Promise<Connection> = open(address, () => {
        if (connections.get(id) === connection) connections.delete(id);
      });
      connections.set(id, connection);
      // Not left to onEnd: a connection that never stood tells of its end in more than one way.
      connection.catch(() => connections.get(id) === connection && connections.delete(id));
      return connection;
    },
    async close() {
      closed = true;
      const open = await Promise.allSettled(connections.values());
      await Promise.all(open.map((result) => result.status === 'fulfilled' && result.value.close()));
    },
  };
}
