import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BrewError } from '@brew/events';
import type { Step } from '../lifecycle/lifecycle.ts';

export interface HttpServer extends Step {
  /** http://host:port, once it listens. */
  readonly url: string;
}

/** On stop, what is being answered may still be finished for this long. */
const DRAIN_MS = 1_500;

/** @param onStop called before connections are closed: ends streams, which would never end by themselves */
export function createHttpServer(
  handler: RequestListener,
  { host, port, onStop }: { host: string; port: number; onStop(): void },
): HttpServer {
  let server: Server | undefined;
  return {
    name: 'HTTP',
    get url() {
      const address = server?.address() as AddressInfo | null | undefined;
      if (!address) throw new BrewError('BREW_NOT_PREPARED', 'The HTTP server does not listen yet.');
      // 0.0.0.0 and :: stand for every interface; this machine reaches them by its own name.
      const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host;
      return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
    },
    async start() {
      server = createServer(handler);
      // Slow senders (slowloris): Node's own bounds, spelled out.
      server.headersTimeout = 10_000;
      server.requestTimeout = 30_000;
      await listen(server, host, port);
    },
    async stop() {
      if (!server?.listening) return;
      onStop();
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      const hard = setTimeout(() => server?.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(hard);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const message = `Something else listens on ${host}:${port}. Stop it, or set PORT to another one.`;
      reject(new BrewError('BREW_PORT_TAKEN', message, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}
