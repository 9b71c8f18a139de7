import { randomInt } from 'node:crypto';
import { resolve4 } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { Route } from './config.ts';

/** An instance that is gone without a word is given up after this. */
const CONNECT_WITHIN_MS = 2_000;

/** The addresses that a name stands for now. */
export type Resolve = (host: string) => Promise<string[]>;

// Not dns.lookup: it sorts by rules of its own, and would give every connection to the same instance.
const ask: Resolve = async (host) => (isIP(host) ? [host] : resolve4(host));

/**
 * Connects to one of the instances that a name stands for, each time another one, and to the next when it does not answer.
 * The name is asked anew each time: instances come and go.
 *
 * @throws what the last one said, when none answers
 */
export async function dial({ host, port }: Route['target'], resolve: Resolve = ask): Promise<Socket> {
  const addresses = await resolve(host);
  const first = randomInt(Math.max(1, addresses.length));
  let last: unknown = new Error(`${host} stands for no address.`);
  for (let n = 0; n < addresses.length; n++) {
    const address = addresses[(first + n) % addresses.length] ?? host;
    try {
      return await connected(address, port);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(new Error(`${host} did not answer.`)), CONNECT_WITHIN_MS);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
