import { connect as connectPlain, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { Address, KafkaClientOptions } from '../../client.ts';

/** The connections of one kafkajs client. */
export interface Sockets {
  open: ISocketFactory;
  /**
   * Resets the connections to a broker, or all, and opens none any more then. Of what was written nothing goes out from here on: a
   * socket that is only closed sends what it has once the network is back, however late that is.
   * @param broker host:port
   */
  cut(reason: Error, broker?: string): void;
}

const KEEP_ALIVE_MS = 60_000;

export function createSockets({ via }: Pick<KafkaClientOptions, 'via'>): Sockets {
  const sockets = new Map<Socket, { broker: string; wire: Socket }>();
  let end: Error | undefined;

  return {
    open({ host, port, ssl, onConnect }) {
      if (end) return new Socket().destroy(end);
      const wire = via ? openVia(via, { host, port }) : connectPlain({ host, port });
      const socket = !ssl
        ? wire
        : connectTls({ socket: wire, ...(isIP(host) === 0 && { servername: host }), ...ssl });
      socket.once(ssl ? 'secureConnect' : 'connect', onConnect);
      wire.setKeepAlive(true, KEEP_ALIVE_MS);
      if (wire !== socket) wire.on('error', (error) => socket.destroy(error));
      sockets.set(socket, { broker: `${host}:${port}`, wire });
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    cut(reason, broker) {
      if (broker === undefined) end = reason;
      for (const [socket, { broker: to, wire }] of sockets) {
        if (broker !== undefined && broker !== to) continue;
        // Nothing was written yet, or all of it was answered: kafkajs ends no other. Nor can Node reset what was ended: it would stay open.
        if (wire.connecting || socket.writableEnded) wire.destroy();
        else wire.resetAndDestroy();
        // A reset by ourselves is no error to Node, and kafkajs would go on waiting for answers.
        socket.emit('error', reason);
      }
    },
  };
}

/** At once, as kafkajs wants it, though where to is yet to be found out. */
function openVia(via: NonNullable<KafkaClientOptions['via']>, address: Address): Socket {
  const socket = new Socket();
  via(address).then(
    ({ host, port }) => socket.destroyed || socket.connect(port, host),
    (error) => socket.destroy(error),
  );
  return socket;
}
