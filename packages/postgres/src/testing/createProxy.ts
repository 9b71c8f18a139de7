import type { AddressInfo } from 'node:net';
import { createServer, connect as openSocket, type Socket } from 'node:net';

/** A network between a client and PostgreSQL that can be made to fail. */
export interface PostgresProxy extends AsyncDisposable {
  /** As the one that it was made for, by way of the proxy. */
  url: string;
  /** Connections that were taken so far. */
  readonly taken: number;
  /** Cuts all connections, and each new one. */
  cut(): void;
  /**
   * Passes nothing on from now on, in neither direction, not even that a connection was closed; takes new ones, and says nothing on them. As a
   * network that drops packets.
   */
  hold(): void;
  /** Passes on everything again, also what was held. */
  restore(): void;
  /** The next time that a client sends this text, its connection is cut instead. */
  cutAt(text: string): void;
  stop(): Promise<void>;
}

export async function createProxy(target: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: 'passing' | 'cut' | 'holding' = 'passing';
  let trap: string | undefined;
  let taken = 0;
  /** What has been closed while nothing was passed on. */
  const untold: (() => void)[] = [];

  const server = createServer((near) => {
    taken += 1;
    near.on('error', () => {});
    if (mode === 'cut') {
      near.destroy();
      return;
    }
    sockets.add(near);
    const far = openSocket({ host: hostname, port: Number(port) });
    sockets.add(far);
    if (mode === 'holding') for (const socket of [near, far]) socket.pause();
    const end = () => {
      for (const socket of [near, far]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [near, far])
      socket
        .on('error', () => {})
        .on('close', () => {
          if (mode === 'holding') untold.push(end);
          else end();
        });
    near.on('data', (bytes) => {
      if (trap !== undefined && bytes.includes(trap)) {
        trap = undefined;
        end();
      } else far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const stop = async () => {
    destroyAll();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: url.href,
    get taken() {
      return taken;
    },
    cut() {
      mode = 'cut';
      destroyAll();
    },
    hold() {
      mode = 'holding';
      for (const socket of sockets) socket.pause();
    },
    restore() {
      mode = 'passing';
      for (const end of untold.splice(0)) end();
      for (const socket of sockets) socket.resume();
    },
    cutAt(text) {
      trap = text;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
