import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Route } from './config.ts';
import { dial, type Resolve } from './dial.ts';

export interface Gateway extends AsyncDisposable {
  /** Where each route listens, in their order. */
  ports: number[];
}

/**
 * Listens for each route and passes every connection on, byte for byte. It knows nothing of HTTP, so streams and whatever
 * comes after HTTP/1.1 pass alike; which instance answers is settled for each connection, not for each request.
 */
export async function startGateway(routes: readonly Route[], resolve?: Resolve): Promise<Gateway> {
  const open = new Set<Socket>();
  const servers = await Promise.all(
    routes.map(async ({ port, target }) => {
      const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (client) => {
        open.add(client);
        client.once('close', () => open.delete(client));
        // It may hang up while its instance is still being found; without this, that would end the process.
        client.on('error', () => client.destroy());
        dial(target, resolve).then(
          (instance) => join(client, instance),
          () => client.destroy(),
        );
      });
      server.listen(port);
      await once(server, 'listening');
      return server;
    }),
  );
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    async [Symbol.asyncDispose]() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const client of open) client.destroy();
      await Promise.all(closed);
    },
  };
}

/** Each side hears the other one out; when one breaks, so does the other. */
function join(client: Socket, instance: Socket): void {
  if (client.destroyed) return void instance.destroy();
  const onEnd = (error: unknown) => {
    if (!error) return;
    client.destroy();
    instance.destroy();
  };
  pipeline(client, instance, onEnd);
  pipeline(instance, client, onEnd);
  client.resume();
}
