import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from 'node:net';
import type { KafkaClientOptions } from '../client.ts';
import { createAnswers } from './network/answers.ts';
import { apiKeys, type Fault } from './network/faults.ts';
import { frames } from './network/frames.ts';

/**
 * A network between a client and real brokers that can be made to fail: on purpose, by request, or by chance (createFaults). It knows nothing of
 * the client but the bytes; any that can be told to connect elsewhere (`via`) can be behind it.
 */
export interface Network extends AsyncDisposable {
  /** For createKafkaClient. */
  via: NonNullable<KafkaClientOptions['via']>;
  /**
   * Whether the answer to a request is lost, and the connection with it, after the broker has done what was asked.
   * @param apiKey what was asked: 0 is Produce, see https://kafka.apache.org/protocol#protocol_api_keys
   */
  losesAnswer: (apiKey: number) => boolean;
  /** Whether a request never leaves; the connection stays. */
  swallows: (apiKey: number) => boolean;
  /** Whether a request is the last one of its connection that gets an answer, and not even that: the broker does what was asked. */
  deafens: (apiKey: number) => boolean;
  /** What becomes of a request, asked once as it passes; by default nothing. See createFaults. */
  fault: (apiKey: number) => Fault | undefined;
  /** How many answers were lost so far. */
  readonly lost: number;
  /** How many requests were struck by `fault` so far, by its kind: a test of a network in which nothing failed shows nothing. */
  readonly struck: Readonly<Partial<Record<Fault['kind'], number>>>;
  /** Cuts all connections and refuses new ones until restore(). */
  cut(): void;
  /** As if all packets were dropped, until restore(): connections stay, new ones can be made, and nobody answers. */
  hold(): void;
  restore(): void;
  /** The same for new connections alone: those that were held stay so for ever. */
  forget(): void;
  stop(): Promise<void>;
}

export const isProduce = (apiKey: number): boolean => apiKey === apiKeys.Produce;

/** Puts a TCP proxy in front of each broker that is connected to, whatever address the brokers advertise. */
export function createNetwork(): Network {
  const proxies = new Map<string, Promise<Server>>();
  const sockets = new Set<Socket>();
  let down = false;
  let held = false;
  let lost = 0;
  const struck: Partial<Record<Fault['kind'], number>> = {};

  function faultFor(apiKey: number): Fault | undefined {
    const fault = network.fault(apiKey);
    if (fault) struck[fault.kind] = (struck[fault.kind] ?? 0) + 1;
    return fault;
  }

  function relay(near: Socket, host: string, port: number): void {
    if (down) {
      near.destroy();
      return;
    }
    const far = openSocket({ host, port });
    const asked = new Map<number, { apiKey: number; fault: Fault | undefined }>();
    let deaf = false;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    const answer = createAnswers(near, end);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    // A request: length, api key (2 bytes), version (2), correlation id (4). An answer: length, correlation id.
    near.on(
      'data',
      frames((frame) => {
        const apiKey = frame.readInt16BE(4);
        if (network.swallows(apiKey)) return;
        deaf ||= network.deafens(apiKey);
        const fault = faultFor(apiKey);
        if (fault?.kind === 'swallow') return;
        asked.set(frame.readInt32BE(8), { apiKey, fault });
        far.write(frame);
      }),
    );
    if (held) near.pause();
    far.on(
      'data',
      frames((frame) => {
        if (deaf) return;
        const id = frame.readInt32BE(4);
        const { apiKey, fault } = asked.get(id) ?? { apiKey: -1, fault: undefined };
        asked.delete(id);
        if (network.losesAnswer(apiKey)) {
          lost++;
          end();
        } else answer(frame, fault);
      }),
    );
  }

  function proxyOf(host: string, port: number): Promise<Server> {
    const address = `${host}:${port}`;
    const proxy =
      proxies.get(address) ??
      new Promise<Server>((resolve) => {
        const server = createServer((near) => relay(near, host, port));
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    proxies.set(address, proxy);
    return proxy;
  }

  const network: Network = {
    losesAnswer: () => false,
    swallows: () => false,
    deafens: () => false,
    fault: () => undefined,
    struck,
    get lost() {
      return lost;
    },
    async via({ host, port }) {
      const { port: near } = (await proxyOf(host, port)).address() as AddressInfo;
      return { host: '127.0.0.1', port: near };
    },
    cut() {
      down = true;
      for (const socket of sockets) socket.destroy();
    },
    hold() {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    restore() {
      down = false;
      held = false;
      for (const socket of sockets) socket.resume();
    },
    forget() {
      held = false;
    },
    async stop() {
      network.cut();
      for (const proxy of proxies.values()) (await proxy).close();
    },
    [Symbol.asyncDispose]: () => network.stop(),
  };
  return network;
}
