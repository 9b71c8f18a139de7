import { connect, isIP, type Socket } from 'node:net';
import { type Address, type KafkaClientOptions, REQUEST_TIMEOUT_MS } from '../client.ts';
import { Connection, TimeoutError } from './protocol.ts';

/** A connection to each broker that is talked to. */
export interface Connections {
  /**
   * The connection to a broker, opened if there is none that works. Callers at the same time get the same one.
   * @throws what the network, TLS or SASL says
   */
  to(address: Address): Promise<Connection>;
  /** Closes all; answers that are still under way are lost. */
  close(): Promise<void>;
  /**
   * Resets all, at once, and opens none any more. Of what was written nothing goes out from here on: a socket that is only closed sends what
   * it has once the network is back, however late that is.
   */
  cut(reason: Error): void;
}

export function createConnections({ clientId, tls, sasl, via }: KafkaClientOptions): Connections {
  const connections = new Map<string, Promise<Connection>>();
  /** What is open or being opened, and the socket at the bottom of it. */
  const sockets = new Map<Connection, Socket>();
  let closed = false;

  async function open({ host, port }: Address, onEnd: () => void): Promise<Connection> {
    const to = (await via?.({ host, port })) ?? { host, port };
    if (closed) throw new Error('the connections are closed');
    // Of its own: only a socket that is nothing but TCP can be reset.
    const wire = tls && connect(to);
    const connection = new Connection(clientId, {
      connectTimeout: 3_000,
      requestTimeout: REQUEST_TIMEOUT_MS,
      ...(tls && { tls: { ...tls, socket: wire } }),
      // For a certificate with a name in it. An address is no name (RFC 6066).
      ...(tls && isIP(host) === 0 && { tlsServerName: host }),
      ...(sasl && { sasl }),
    });
    // Whoever waits for an answer is told anyway; but without a listener, Node would end the process.
    const forget = () => {
      sockets.delete(connection);
      onEnd();
    };
    connection.on('error', forget);
    connection.on('close', forget);
    // The library would go on with a connection over which no answer came, and TCP tries what was lost again ever more seldom.
    const send = connection.send.bind(connection) as (...question: unknown[]) => boolean;
    connection.send = (...question: unknown[]) => {
      const answer = question.pop() as (error: unknown, ...answers: unknown[]) => void;
      return send(...question, (error: unknown, ...answers: unknown[]) => {
        if (error instanceof TimeoutError) reset(connection, error);
        answer(error, ...answers);
      });
    };
    const connected = connection.connect(to.host, to.port);
    sockets.set(connection, wire ?? connection.socket);
    // The connection listens to the first error alone, and the two sockets of one with TLS may each have theirs.
    connection.socket.on('error', () => {});
    wire?.on('error', (error) => connection.socket.destroy(error));
    await connected;
    return connection;
  }

  function reset(connection: Connection, reason: Error): void {
    const socket = sockets.get(connection);
    // Nothing was written yet, or all of it was answered. Nor can Node reset what was ended: it would stay open.
    if (!socket || socket.connecting || connection.socket.writableEnded) connection.socket.destroy(reason);
    else socket.resetAndDestroy();
    if (socket !== connection.socket) connection.socket.destroy(reason);
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
    cut(reason) {
      closed = true;
      for (const connection of sockets.keys()) reset(connection, reason);
    },
  };
}
